import { type Offset, offset, type Partition, type Topic } from '../../../core/ids.js';
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

/**
 * The bounds of every partition of a topic, indexed by partition. Two requests for each broker that leads some of them, however
 * many it leads: every node asks for them each second.
 */
export function allBounds(
  connection: Connection,
  topic: Topic,
  signal: AbortSignal,
): Promise<readonly Bounds[]> {
  const ask = async (): Promise<readonly Bounds[]> => {
    const { leaders } = await connection.layout(topic, signal);
    const byLeader = new Map<number, Partition[]>();
    for (const [number, leader] of leaders) byLeader.set(leader, [...(byLeader.get(leader) ?? []), number]);
    const found = await Promise.all(
      [...byLeader.values()].map((led) => boundsAtLeader(connection, topic, led, signal)),
    );
    return found
      .flat()
      .sort((a, b) => a.partition - b.partition)
      .map(({ bounds }) => bounds);
  };
  return connection.retrying(ask, signal, [connection.rightOn(topic)]);
}

/** Of partitions that one broker leads. Not repeated here: if one of them has moved, they are no longer led by one. */
async function boundsAtLeader(
  connection: Connection,
  topic: Topic,
  led: readonly Partition[],
  signal: AbortSignal,
): Promise<readonly { readonly partition: Partition; readonly bounds: Bounds }[]> {
  const [first] = led;
  if (first === undefined) return [];
  const ask = async (timestamp: number): Promise<ReadonlyMap<number, number>> => {
    const topics = [{ topic, partitions: led.map((partition) => ({ partition, timestamp })) }];
    const { responses } = await connection.atLeader(
      { topic, partition: first },
      (leader) => leader.listOffsets({ isolationLevel: READ_COMMITTED, topics }),
      signal,
    );
    return new Map(responses[0]?.partitions.map(({ partition, offset: at }) => [partition, Number(at)]));
  };
  // In this order, as `boundsOf` asks.
  const earliest = await ask(EARLIEST);
  const ends = await ask(LATEST);
  return led.map((partition) => {
    const from = earliest.get(partition) ?? -1;
    return {
      partition,
      bounds: { earliest: offset(from), end: offset(Math.max(ends.get(partition) ?? -1, from)) },
    };
  });
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
