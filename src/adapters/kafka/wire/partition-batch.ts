import { type Partition, partition, type Topic } from '../../../core/ids.js';
import { partitionOfKey } from '../../../core/partitioner.js';
import { partitionName, type TopicPartition } from '../../../core/position.js';
import type { NewRecord } from '../../../core/record.js';
import { recordBytes } from '../../../core/size.js';
import { MAX_BATCH_BYTES } from '../../../ports/event-log.js';
import { BATCH_HEADER_BYTES } from './batch-layout.js';

/** What decides how a topic's records are batched. */
export interface TopicBatchLimits {
  readonly partitions: number;
  /** The largest record batch that the topic accepts, header included: its `max.message.bytes`. */
  readonly maxBytes: number;
}

/** Records that go to one partition as one record batch: the broker takes all of them or none. */
export interface PartitionBatch extends TopicPartition {
  readonly records: readonly NewRecord[];
  /** Where each record is in the caller's list. */
  readonly indexes: readonly number[];
}

interface OpenBatch {
  readonly records: NewRecord[];
  readonly indexes: number[];
  bytes: number;
}

/**
 * Chooses each record's partition, and packs the records of a partition into batches that the topic accepts.
 * A batch exceeds the limit only when a single record does. Batches of one partition are in record order.
 * @param layouts holds every topic of `records`
 * @param sizes `recordBytes` of each record
 */
export function packBatches(
  records: readonly NewRecord[],
  layouts: ReadonlyMap<Topic, TopicBatchLimits>,
  roundRobin: () => number,
  sizes: readonly number[] = records.map(recordBytes),
): PartitionBatch[] {
  const batches: PartitionBatch[] = [];
  const open = new Map<Topic, Map<Partition, OpenBatch>>();
  for (const [index, record] of records.entries()) {
    const layout = layouts.get(record.topic);
    if (layout === undefined) throw new Error(`The layout of topic ${record.topic} is unknown`);
    const at = {
      topic: record.topic,
      partition: record.partition ?? partitionOf(record, layout.partitions, roundRobin),
    };
    const bytes = sizes[index] ?? recordBytes(record);
    const limit = Math.min(MAX_BATCH_BYTES, layout.maxBytes - BATCH_HEADER_BYTES);
    const ofTopic: Map<Partition, OpenBatch> = open.get(at.topic) ?? new Map();
    let batch = ofTopic.get(at.partition);
    if (batch === undefined || batch.bytes + bytes > limit) {
      batch = { records: [], indexes: [], bytes: 0 };
      open.set(at.topic, ofTopic.set(at.partition, batch));
      batches.push({ ...at, records: batch.records, indexes: batch.indexes });
    }
    batch.records.push(record);
    batch.indexes.push(index);
    batch.bytes += bytes;
  }
  return batches;
}

function partitionOf({ key, partitioner }: NewRecord, count: number, roundRobin: () => number): Partition {
  return key === null ? partition(roundRobin() % count) : partitionOfKey(key, count, partitioner);
}

/**
 * Groups batches into rounds: the first of each partition, then the second of each, and so on. The batches of a
 * round go out together; a partition's next batch waits for the one before, which keeps the records' order.
 */
export function roundsOf(batches: readonly PartitionBatch[]): PartitionBatch[][] {
  const rounds: PartitionBatch[][] = [];
  const depths = new Map<string, number>();
  for (const batch of batches) {
    const depth = depths.get(partitionName(batch)) ?? 0;
    depths.set(partitionName(batch), depth + 1);
    const round = rounds[depth] ?? [];
    rounds[depth] = round;
    round.push(batch);
  }
  return rounds;
}
