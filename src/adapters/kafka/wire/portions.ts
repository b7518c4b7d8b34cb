import { type Partition, partition, type Topic } from '../../../core/ids.js';
import { partitionOfKey } from '../../../core/partitioner.js';
import { partitionName, type TopicPartition } from '../../../core/position.js';
import type { NewRecord } from '../../../core/record.js';
import { recordBytes } from '../../../core/size.js';

/** Brokers take batches of 1 MiB unless told otherwise; what is gathered here stays well below. */
const PORTION_BYTES = 768 * 1024;
/** The head of a record batch, in bytes. */
export const BATCH_OVERHEAD = 61;
const ONE_PARTITION: Layout = { partitions: 1, limit: PORTION_BYTES };

/** What division depends on, of one topic. */
export interface Layout {
  readonly partitions: number;
  /** How large a record batch it takes, in bytes. */
  readonly limit: number;
}

/** Records that go into one partition as one record batch: all of them or none. */
export interface Portion extends TopicPartition {
  readonly records: readonly NewRecord[];
  /** Their places in the caller's list. */
  readonly places: readonly number[];
}

/**
 * Divides records by partition, and those of one partition into portions of a size that brokers take; a
 * portion is larger only when one record is. A portion follows the ones before it of its partition.
 */
export function portionsOf(
  records: readonly NewRecord[],
  layouts: ReadonlyMap<Topic, Layout>,
  roundRobin: () => number,
): Portion[] {
  const portions: Portion[] = [];
  const open = new Map<string, { records: NewRecord[]; places: number[]; bytes: number }>();
  for (const [place, record] of records.entries()) {
    const { partitions: count, limit } = layouts.get(record.topic) ?? ONE_PARTITION;
    const number = record.partition ?? partitionOf(record.key, count, roundRobin);
    const at = { topic: record.topic, partition: number };
    const bytes = recordBytes(record);
    let filling = open.get(partitionName(at));
    if (filling === undefined || filling.bytes + bytes > Math.min(PORTION_BYTES, limit)) {
      filling = { records: [], places: [], bytes: BATCH_OVERHEAD };
      open.set(partitionName(at), filling);
      portions.push({ ...at, records: filling.records, places: filling.places });
    }
    filling.records.push(record);
    filling.places.push(place);
    filling.bytes += bytes;
  }
  return portions;
}

function partitionOf(key: string | null, count: number, roundRobin: () => number): Partition {
  return key === null ? partition(roundRobin() % count) : partitionOfKey(key, count);
}

/** The first portion of each partition, then the second of each, and so on: those of a round go out together. */
export function roundsOf(portions: readonly Portion[]): Portion[][] {
  const rounds: Portion[][] = [];
  const depth = new Map<string, number>();
  for (const portion of portions) {
    const round = depth.get(partitionName(portion)) ?? 0;
    depth.set(partitionName(portion), round + 1);
    const list = rounds[round] ?? [];
    rounds[round] = list;
    list.push(portion);
  }
  return rounds;
}
