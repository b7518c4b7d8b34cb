import { type Offset, offset } from '../core/ids.js';
import type { LogBatch } from '../core/record.js';
import { type EventLog, OffsetOutOfRange, type Range } from './event-log.js';

/**
 * The first offset that is still there, if `error` says that retention has deleted the beginning of a range; `undefined`
 * for every other error. An offset after the end is not retention: a partition whose leader has just changed may
 * report an older end for a while.
 */
export function earliestRetained(error: unknown): Offset | undefined {
  if (!(error instanceof OffsetOutOfRange) || error.at.offset >= error.bounds.earliest) return undefined;
  return error.bounds.earliest;
}

/**
 * Reads a range as far as the log still has it: what retention deletes before or during the read is skipped.
 * @param onSkipped called before the read continues at `earliest`
 * @throws as `EventLog.read` does, for every other reason
 */
export async function* readRetained(
  log: Pick<EventLog, 'read'>,
  range: Range,
  signal: AbortSignal,
  onSkipped?: (earliest: Offset) => Promise<void> | void,
): AsyncGenerator<LogBatch, void, undefined> {
  let { from } = range;
  while (range.until === undefined || from < range.until) {
    try {
      for await (const batch of log.read({ ...range, from }, signal)) {
        yield batch;
        from = offset(batch.last + 1);
      }
      return;
    } catch (error) {
      const earliest = earliestRetained(error);
      if (earliest === undefined || earliest <= from) throw error;
      await onSkipped?.(earliest);
      from = earliest;
    }
  }
}
