import { type Offset, offset, type Topic } from '../../../core/ids.js';
import type { TopicPartition } from '../../../core/position.js';
import type { Bounds } from '../../../ports/event-log.js';
import type { Connection } from './connection.js';
import { EARLIEST, LATEST, READ_COMMITTED } from './internals.js';

/** The first offset and the last stable offset of a partition (ListOffsets with isolation level read_committed). */
export async function boundsOf(
  connection: Connection,
  at: TopicPartition,
  signal: AbortSignal,
): Promise<Bounds> {
  // `earliest` first: if retention deletes records between the two requests, `end` is still not before it.
  const earliest = await listOffset(connection, at, EARLIEST, signal);
  const end = await listOffset(connection, at, LATEST, signal);
  return { earliest: offset(earliest), end: offset(Math.max(end, earliest)) };
}

/** The bounds of every partition of a topic, indexed by partition. */
export async function allBounds(
  connection: Connection,
  topic: Topic,
  signal: AbortSignal,
): Promise<readonly Bounds[]> {
  const { leaders } = await connection.layout(topic, signal);
  const partitions = [...leaders.keys()].sort((a, b) => a - b);
  return Promise.all(partitions.map((partition) => boundsOf(connection, { topic, partition }, signal)));
}

/** The offset of the first record at or after `timestamp` (milliseconds since 1970), or else the partition's end. */
export async function offsetAtTime(
  connection: Connection,
  at: TopicPartition,
  timestamp: number,
  signal: AbortSignal,
): Promise<Offset> {
  // Negative timestamps have special meanings in the protocol, such as LATEST.
  const found = await listOffset(connection, at, Math.max(0, Math.floor(timestamp)), signal);
  return found >= 0 ? offset(found) : (await boundsOf(connection, at, signal)).end;
}

/** @returns -1 when no record is at or after `timestamp` */
async function listOffset(
  connection: Connection,
  at: TopicPartition,
  timestamp: number,
  signal: AbortSignal,
): Promise<number> {
  const partitions = [{ partition: at.partition, timestamp }];
  const topics = [{ topic: at.topic, partitions }];
  const { responses } = await connection.withLeader(
    at,
    (leader) => leader.listOffsets({ isolationLevel: READ_COMMITTED, topics }),
    signal,
  );
  return Number(responses[0]?.partitions[0]?.offset ?? -1);
}
