import { MillraceError } from '../../../core/errors.js';
import { type Topic, topic } from '../../../core/ids.js';
import { refusalIn } from '../../../core/refusal.js';
import type { TopicDescription } from '../../../ports/event-log.js';
import { type Connection, isTopicMissing } from './connection.js';
import { failureOf } from './failures.js';
import { errorOfCode } from './internals.js';
import { hasTopicIds, requestMetadata } from './metadata.js';

/**
 * Asks a broker for the topics' current ids and partition counts. Topics that do not exist are not in the answer.
 * @param refused whether topics that this process may not use fail all of it, or are left out like missing ones
 */
export function describeTopics(
  connection: Connection,
  topics: readonly Topic[],
  signal: AbortSignal,
  refused: 'fail' | 'leave-out' = 'fail',
): Promise<ReadonlyMap<Topic, TopicDescription>> {
  return connection.retrying(async () => {
    const broker = await connection.anyBroker();
    if (!hasTopicIds(broker)) return describeWithoutIds(connection, topics, signal, refused);
    const found = new Map<Topic, TopicDescription>();
    for (const { error, name, id, partitions } of await requestMetadata(broker, topics, false)) {
      const failure = error === 0 ? undefined : errorOfCode(error);
      if (failureOf(failure).type === 'UNKNOWN_TOPIC_OR_PARTITION') continue;
      if (failure !== undefined) {
        // A gateway also describes topics that it only writes to; a group's member describes those that it reads.
        const right = refused === 'fail' ? 'DESCRIBE' : undefined;
        const error = connection.explainTopic(failure, topic(name), right);
        if (refused === 'leave-out' && refusalIn(error) !== undefined) continue;
        throw error;
      }
      found.set(topic(name), { id, partitions });
      connection.observePartitions(topic(name), partitions);
    }
    return found;
  }, signal);
}

/**
 * Asks a broker for all topics that this client may describe, and how many partitions each has.
 * @throws {MillraceError} LOG_UNAVAILABLE for brokers that have another way to be asked (before 2.8)
 */
export function listTopics(connection: Connection, signal: AbortSignal): Promise<ReadonlyMap<Topic, number>> {
  return connection.retrying(async () => {
    const broker = await connection.anyBroker();
    if (!hasTopicIds(broker))
      throw new MillraceError('LOG_UNAVAILABLE', 'Kafka before 2.8 is not asked for its topics.');
    const all = await requestMetadata(broker, 'ALL', false);
    return new Map(
      all.flatMap(({ error, name, partitions }) => (error === 0 ? [[topic(name), partitions] as const] : [])),
    );
  }, signal);
}

async function describeWithoutIds(
  connection: Connection,
  topics: readonly Topic[],
  signal: AbortSignal,
  refused: 'fail' | 'leave-out',
): Promise<ReadonlyMap<Topic, TopicDescription>> {
  const found = new Map<Topic, TopicDescription>();
  for (const name of topics) {
    connection.forget(name);
    try {
      const { leaders } = await connection.layout(name, signal);
      found.set(name, { id: undefined, partitions: leaders.size });
    } catch (error) {
      const isLeftOut = refused === 'leave-out' && refusalIn(error)?.kind === 'authorization';
      if (!isTopicMissing(error) && !isLeftOut) throw error;
    }
  }
  return found;
}
