import { MillraceError } from '../../../core/errors.js';
import type { Topic } from '../../../core/ids.js';
import type { NewRecord } from '../../../core/record.js';
import { recordBytes } from '../../../core/size.js';
import { BATCH_HEADER_BYTES } from '../wire/batch-layout.js';
import type { Connection } from '../wire/connection.js';
import { type PartitionBatch, packBatches, type TopicBatchLimits } from '../wire/partition-batch.js';

/**
 * Splits records into batches for their partitions, by what the cluster says of their topics.
 * @throws {MillraceError} TOPIC_MISSING; LOG_UNAVAILABLE; EVENT_TOO_LARGE, before anything is written: the broker would refuse the
 *   record only after it had accepted others of the same call
 */
export async function splitByPartition(
  connection: Connection,
  records: readonly NewRecord[],
  roundRobin: () => number,
  signal: AbortSignal,
): Promise<PartitionBatch[]> {
  const layouts = new Map<Topic, TopicBatchLimits>();
  for (const { topic } of records) {
    if (layouts.has(topic)) continue;
    connection.assertNotRefused(topic);
    const { leaders } = await connection.layout(topic, signal);
    layouts.set(topic, { partitions: leaders.size, maxBytes: await connection.batchLimit(topic, signal) });
  }
  const sizes = records.map(recordBytes);
  for (const [i, { topic }] of records.entries()) {
    const limit = layouts.get(topic)?.maxBytes ?? 0;
    const bytes = (sizes[i] ?? 0) + BATCH_HEADER_BYTES;
    if (bytes <= limit) continue;
    const text = `A record of ${bytes} bytes is too large for topic ${topic}, whose max.message.bytes is ${limit}`;
    throw new MillraceError('EVENT_TOO_LARGE', text, { details: { topic, limit } });
  }
  return packBatches(records, layouts, roundRobin, sizes);
}
