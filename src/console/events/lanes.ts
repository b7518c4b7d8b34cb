import { type Offset, offset, type Partition, partition, type TopicId } from '../../core/ids.js';
import type { LogRecord } from '../../core/record.js';
import type { Chunk } from './topic-reads.js';

/** One partition that is read forwards. */
export interface Lane {
  readonly partition: Partition;
  /** The offset of the next record to be taken, or to be read. */
  next: Offset;
  /** What is read of it so far. */
  records: readonly LogRecord[];
  index: number;
  /** The offset after what `records` covers. */
  covered: Offset;
  /** The partition's end, as far as it is known. */
  end: Offset;
}

/**
 * The partitions of a topic, merged by the times of their records: of the first records of all partitions the one with the
 * earliest time is next. Within a partition the order is that of the offsets, whatever the times are. A record that arrives later
 * than others with later times comes after them: nothing waits for what may still come.
 */
export class Lanes {
  topicId: TopicId | undefined;
  readonly #lanes = new Map<Partition, Lane>();

  constructor(topicId: TopicId | undefined, next: ReadonlyMap<Partition, Offset>) {
    this.topicId = topicId;
    for (const [number, at] of next) this.#add(number, at);
  }

  get all(): readonly Lane[] {
    return [...this.#lanes.values()];
  }

  get size(): number {
    return this.#lanes.size;
  }

  /** The next offset of each partition. */
  get next(): ReadonlyMap<Partition, Offset> {
    return new Map([...this.#lanes].map(([number, { next }]) => [number, next]));
  }

  /** Those of which something has to be read before the next record is known. */
  get hungry(): readonly Lane[] {
    return this.all.filter(isHungry);
  }

  /** The partitions have ends of now. A partition that is new begins at its first record. @param isRead which are wanted */
  grow(ends: readonly Offset[], isRead: (partition: Partition) => boolean): void {
    for (const [index, end] of ends.entries()) {
      const number = partition(index);
      if (!isRead(number)) continue;
      const lane = this.#lanes.get(number) ?? this.#add(number, offset(0));
      lane.end = offset(Math.max(lane.end, end));
    }
  }

  /** A part of a partition was read. */
  fed(lane: Lane, { records, next, skippedTo }: Chunk): void {
    lane.records = records;
    lane.index = 0;
    lane.covered = next;
    if (skippedTo !== undefined) lane.next = offset(Math.max(lane.next, skippedTo));
    if (records.length === 0) lane.next = next;
  }

  /** The partition of the next record. `undefined`: everything is taken, or a partition has to be read first. */
  first(): { readonly lane: Lane; readonly record: LogRecord } | undefined {
    let found: { lane: Lane; record: LogRecord } | undefined;
    for (const lane of this.#lanes.values()) {
      if (isHungry(lane)) return undefined;
      const record = lane.records[lane.index];
      if (record !== undefined && (found === undefined || record.timestamp < found.record.timestamp))
        found = { lane, record };
    }
    return found;
  }

  /** Its first record was handled. */
  take(lane: Lane): void {
    const record = lane.records[lane.index];
    if (record === undefined) return;
    lane.index += 1;
    lane.next = offset(record.offset + 1);
    if (lane.index < lane.records.length) return;
    lane.next = offset(Math.max(lane.next, lane.covered));
    lane.records = [];
    lane.index = 0;
  }

  #add(number: Partition, at: Offset): Lane {
    const lane = { partition: number, next: at, records: [], index: 0, covered: at, end: at };
    this.#lanes.set(number, lane);
    return lane;
  }
}

const isHungry = (lane: Lane): boolean => lane.index >= lane.records.length && lane.next < lane.end;
