import type { Relayed } from '../core/event.js';
import { offset } from '../core/ids.js';
import { partitionName, type TopicIdPartition } from '../core/position.js';
import type { RecordDecoder } from '../core/record-decoder.js';
import { type EventLog, OffsetOutOfRange } from '../ports/event-log.js';
import type { Block } from './blocks.js';
import { MAX_BLOCK_BYTES, type ReadPlan } from './partition-reader.js';

type LogReadPlan = Pick<ReadPlan, 'from' | 'needed' | 'through'>;

/**
 * Reads a block from the log. The block contains `needed`; it may begin later than `from` and end before `through`.
 *
 * Only what is needed has to be there (D5). What precedes it is read for other requests, and may be gone, unreadable
 * or too large. So each attempt begins later than the one before: at `from`, at the log's earliest offset, at `needed`.
 * @throws {OffsetOutOfRange} when the log does not have `needed`
 * @throws {TopicRecreated}
 */
export async function readBlockFromLog(
  log: EventLog,
  at: TopicIdPartition,
  decoder: RecordDecoder,
  { from, needed, through }: LogReadPlan,
  signal: AbortSignal,
): Promise<Block> {
  for (let first = from; ; ) {
    let next = needed;
    try {
      const block = await readOnce(log, at, decoder, { from: first, needed, through }, signal);
      if (block !== undefined) return block;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof OffsetOutOfRange) next = error.bounds.earliest;
      if (next <= first || next > needed) throw error;
    }
    first = next;
  }
}

/** S4: ends early once it has enough bytes. @returns `undefined` when that happened before it reached `needed` */
async function readOnce(
  log: EventLog,
  at: TopicIdPartition,
  decoder: RecordDecoder,
  { from, needed, through }: LogReadPlan,
  signal: AbortSignal,
): Promise<Block | undefined> {
  const events: Relayed[] = [];
  const range = { ...at, from, until: offset(through + 1) };
  let [last, bytes] = [offset(from - 1), 0];
  for await (const batch of log.read(range, signal)) {
    const ready = decoder.prepare(at.topic, batch.records, signal);
    if (ready !== undefined) await ready;
    for (const record of batch.records) {
      if (record.offset > through) break;
      bytes += record.value?.length ?? 0;
      const decoded = decoder.decode(record, at);
      // The relay has written a dead letter for a record that is not a valid event. Here it is skipped.
      if (decoded.ok) {
        events.push({ offset: record.offset, timestamp: record.timestamp, event: decoded.event });
      }
    }
    last = offset(Math.min(batch.last, through));
    if (last < needed && bytes > MAX_BLOCK_BYTES / 2) return undefined;
    if (last >= needed && bytes > MAX_BLOCK_BYTES) break;
  }
  if (last < needed)
    throw new Error(`The log of ${partitionName(at)} ends before offset ${needed}, which is known to exist`);
  return { from, through: last, events };
}
