import type { Admin } from 'kafkajs';
import { Deadline } from '../../core/deadline.js';
import { MillraceError } from '../../core/errors.js';
import type { TopicSpec } from '../../ports/event-log.js';
import { type Connection, isTopicMissing } from './wire/connection.js';
import { failureOf } from './wire/failures.js';

/** How long the controller may take to create a topic. */
const CREATE_TIMEOUT_MS = 30_000;
/** Long enough for a broker that starts at the same time; short enough that a wrong address shows soon. */
const REACH_TIMEOUT_MS = 15_000;

/** Makes sure that the topics exist, as `EventLog.ensureTopics` does. */
export async function ensureTopics(
  connection: Connection,
  admin: () => Admin,
  specs: readonly TopicSpec[],
  create: boolean,
  signal: AbortSignal,
): Promise<void> {
  await reachCluster(connection, signal);
  const existing = await Promise.all(specs.map((spec) => exists(connection, spec, signal)));
  const missing = specs.filter((_, i) => existing[i] === false);
  if (missing.length === 0) return;
  if (!create) {
    const topics = missing.map(({ topic }) => topic);
    const message = `These topics do not exist, and creating topics is not allowed: ${topics.join(', ')}`;
    throw new MillraceError('TOPIC_MISSING', message, { details: { topics } });
  }
  const client = admin();
  try {
    await connection.retrying(() => client.connect(), signal);
    // One request each: a refusal then names its topic, and another node may be creating the same topics.
    for (const spec of missing) {
      const needed = { on: 'topic', name: spec.topic, right: 'CREATE' } as const;
      await connection.retrying(() => createTopic(client, spec), signal, [needed]);
    }
  } finally {
    await client.disconnect();
  }
  for (const { topic } of missing) {
    connection.forget(topic);
    await connection.layout(topic, signal);
  }
}

/** @throws {MillraceError} LOG_UNAVAILABLE */
async function reachCluster(connection: Connection, signal: AbortSignal): Promise<void> {
  using deadline = new Deadline(REACH_TIMEOUT_MS);
  try {
    await connection.retrying(() => connection.anyBroker(), AbortSignal.any([signal, deadline.signal]));
  } catch (error) {
    if (!deadline.signal.aborted || signal.aborted || error instanceof MillraceError) throw error;
    const message = `Kafka cannot be reached: no answer within ${REACH_TIMEOUT_MS / 1_000} s`;
    throw new MillraceError('LOG_UNAVAILABLE', message, { cause: error });
  }
}

async function exists(connection: Connection, { topic }: TopicSpec, signal: AbortSignal): Promise<boolean> {
  try {
    connection.forget(topic);
    // A process also needs to know of topics that it neither reads nor writes.
    await connection.layout(topic, signal, { on: 'topic', name: topic, right: 'DESCRIBE' });
    return true;
  } catch (error) {
    if (isTopicMissing(error)) return false;
    throw error;
  }
}

async function createTopic(admin: Admin, spec: TopicSpec): Promise<void> {
  const { topic, partitions, replicas, config } = spec;
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  try {
    await admin.createTopics({
      waitForLeaders: true,
      timeout: CREATE_TIMEOUT_MS,
      topics: [{ topic, numPartitions: partitions, replicationFactor: replicas, configEntries }],
    });
  } catch (error) {
    const answer = answerOf(error);
    const { type, message, retriable } = failureOf(answer);
    if (type === 'TOPIC_ALREADY_EXISTS') return;
    // Not an answer of the controller, or a transient one, or a refusal: the caller tells them apart.
    if (type === '' || retriable || type.endsWith('_AUTHORIZATION_FAILED')) throw answer;
    const reason =
      type === 'INVALID_REPLICATION_FACTOR'
        ? `the cluster has fewer than ${replicas} brokers for its replicas`
        : message;
    const text = `Topic ${topic} cannot be created: ${reason}`;
    throw new MillraceError('TOPIC_MISSING', text, { cause: error, details: { topic } });
  }
}

/** kafkajs throws an aggregate of the answers about several topics; here there is only one. */
function answerOf(error: unknown): unknown {
  const errors: unknown = error instanceof Error ? (error as { errors?: unknown }).errors : undefined;
  return Array.isArray(errors) ? errors[0] : error;
}
