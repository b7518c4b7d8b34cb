import type { Admin } from 'kafkajs';
import { Deadline } from '../../core/deadline.js';
import { MillraceError } from '../../core/errors.js';
import type { TopicSpec } from '../../ports/event-log.js';
import type { Connection } from './wire/connection.js';
import { type Failure, failureOf, retrying } from './wire/failures.js';

/** How long a broker may take over the creation itself. */
const CREATE_TIMEOUT = 30_000;
/** Whoever starts has to hear soon of a wrong address; a broker that starts too has this long. */
const REACH_WITHIN = 15_000;

export async function ensureTopics(
  connection: Connection,
  admin: () => Admin,
  specs: readonly TopicSpec[],
  create: boolean,
  signal: AbortSignal,
): Promise<void> {
  await reach(connection, signal);
  const there = await Promise.all(specs.map((spec) => exists(connection, spec, signal)));
  const absent = specs.filter((_, i) => there[i] === false);
  if (absent.length === 0) return;
  if (!create) {
    const topics = absent.map(({ topic }) => topic);
    const message = `These topics do not exist, and may not be created: ${topics.join(', ')}`;
    throw new MillraceError('TOPIC_MISSING', message, { details: { topics } });
  }
  const creating = admin();
  try {
    await retrying(() => creating.connect(), signal);
    // One by one: a refusal names its topic, and somebody else may be creating some of them too.
    for (const spec of absent) await retrying(() => createTopic(creating, spec), signal);
  } finally {
    await creating.disconnect();
  }
  for (const { topic } of absent) {
    connection.forget(topic);
    await connection.layout(topic, signal);
  }
}

/** @throws {MillraceError} LOG_UNAVAILABLE */
async function reach(connection: Connection, signal: AbortSignal): Promise<void> {
  using deadline = new Deadline(REACH_WITHIN);
  const soon = deadline.signal;
  try {
    await retrying(() => connection.anyBroker(), AbortSignal.any([signal, soon]));
  } catch (error) {
    if (!soon.aborted || signal.aborted || error instanceof MillraceError) throw error;
    const message = `Kafka cannot be reached: no answer within ${REACH_WITHIN / 1_000} s`;
    throw new MillraceError('LOG_UNAVAILABLE', message, { cause: error });
  }
}

async function exists(connection: Connection, { topic }: TopicSpec, signal: AbortSignal): Promise<boolean> {
  try {
    connection.forget(topic);
    await connection.layout(topic, signal);
    return true;
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'TOPIC_MISSING') return false;
    throw error;
  }
}

async function createTopic(admin: Admin, spec: TopicSpec): Promise<void> {
  try {
    await admin.createTopics({
      waitForLeaders: true,
      timeout: CREATE_TIMEOUT,
      topics: [
        {
          topic: spec.topic,
          numPartitions: spec.partitions,
          replicationFactor: spec.replicas,
          configEntries: Object.entries(spec.config).map(([name, value]) => ({ name, value })),
        },
      ],
    });
  } catch (error) {
    const { type, message, retriable } = refusal(error);
    if (type === 'TOPIC_ALREADY_EXISTS') return;
    if (type === 'INVALID_REPLICATION_FACTOR') {
      throw new MillraceError(
        'TOPIC_MISSING',
        `Topic ${spec.topic} cannot be created with ${spec.replicas} replicas: the cluster has fewer brokers`,
        { cause: error, details: { topic: spec.topic } },
      );
    }
    if (type === '' || retriable) throw error;
    throw new MillraceError('TOPIC_MISSING', `Topic ${spec.topic} cannot be created: ${message}`, {
      cause: error,
      details: { topic: spec.topic },
    });
  }
}

/** kafkajs gathers the refusals of several topics; here there is one. */
function refusal(error: unknown): Failure {
  const errors: unknown = error instanceof Error ? (error as { errors?: unknown }).errors : undefined;
  return failureOf(Array.isArray(errors) ? errors[0] : error);
}
