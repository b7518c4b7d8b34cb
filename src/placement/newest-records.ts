import { offset, type Partition, partition, type Topic } from '../core/ids.js';
import type { LogRecord } from '../core/record.js';
import type { EventLog } from '../ports/event-log.js';

/** Some of the newest records of a topic. */
export interface NewestRecords {
  readonly partition: Partition;
  /** How many partitions the topic has. */
  readonly partitions: number;
  readonly records: readonly LogRecord[];
}

/**
 * Reads the newest records of a topic, about as many of each partition.
 * @param wanted how many, all partitions together
 * @throws {MillraceError} when the log cannot be read
 */
export async function* newestRecords(
  topic: Topic,
  log: Pick<EventLog, 'bounds' | 'read'>,
  wanted: number,
  signal: AbortSignal,
): AsyncGenerator<NewestRecords> {
  const bounds = await log.bounds(topic, signal);
  const perPartition = Math.max(1, Math.floor(wanted / Math.max(1, bounds.length)));
  for (const [number, { earliest, end }] of bounds.entries()) {
    const from = offset(Math.max(earliest, end - perPartition));
    if (from >= end) continue;
    const at = { topic, partition: partition(number) };
    for await (const batch of log.read({ ...at, from, until: end }, signal)) {
      const records = batch.records.filter((record) => record.offset >= from && record.offset < end);
      yield { partition: at.partition, partitions: bounds.length, records };
    }
  }
}
