import { type Offset, offset, type Partition, type Topic } from '../../../core/ids.js';
import type { TopicPartition } from '../../../core/position.js';
import type { Bounds } from '../../../ports/event-log.js';
import type { Connection } from './connection.js';
import { EARLIEST, LATEST, READ_COMMITTED } from './internals.js';

/** The first and the last stable offset of one partition (ListOffsets with isolation level read_committed). */
export async function boundsOf(
  connection: Connection,
  at: TopicPartition,
  signal: AbortSignal,
): Promise<Bounds> {
  // One after the other: a log that is trimmed in between shows an `end` at or after its `earliest`.
  const earliest = await listOffset(connection, at, EARLIEST, signal);
  const end = await listOffset(connection, at, LATEST, signal);
  return { earliest: offset(earliest), end: offset(Math.max(end, earliest)) };
}

export async function allBounds(
  connection: Connection,
  topic: Topic,
  signal: AbortSignal,
): Promise<readonly Bounds[]> {
  const { leaders } = await connection.layout(topic, signal);
  const partitions = [...leaders.keys()].sort((a, b) => a - b);
  return Promise.all(partitions.map((partition) => boundsOf(connection, { topic, partition }, signal)));
}

export async function offsetAtTime(
  connection: Connection,
  topic: Topic,
  partition: Partition,
  timestamp: number,
  signal: AbortSignal,
): Promise<Offset> {
  const at = { topic, partition };
  // Negative times are the protocol's own words, such as "the latest".
  const found = await listOffset(connection, at, Math.max(0, Math.floor(timestamp)), signal);
  return found >= 0 ? offset(found) : (await boundsOf(connection, at, signal)).end;
}

/** -1: there is none. */
async function listOffset(
  connection: Connection,
  at: TopicPartition,
  timestamp: number,
  signal: AbortSignal,
): Promise<number> {
  const partitions = [{ partition: at.partition, timestamp }];
  const topics = [{ topic: at.topic, partitions }];
  const { responses } = await connection.ask(
    at,
    (leader) => leader.listOffsets({ isolationLevel: READ_COMMITTED, topics }),
    signal,
  );
  return Number(responses[0]?.partitions[0]?.offset ?? -1);
}
