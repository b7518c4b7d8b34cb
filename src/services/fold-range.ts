import { type Offset, offset } from '../core/ids.js';
import type { LogBatch } from '../core/record.js';
import type { EventLog, Range } from '../ports/event-log.js';
import type { BatchProcessor, StateChanges } from './batch-processor.js';
import { applyChanges } from './changelog.js';
import { type SetAside, withoutSetAside } from './set-aside.js';

/** A range of one partition that has an end. */
type BoundedRange = Range & { readonly until: Offset };

/** One folded batch. */
interface FoldedBatch {
  readonly changes: StateChanges;
  /** The last offset folded. */
  readonly last: Offset;
  /** How many events the service handled: duplicates and invalid records do not count. */
  readonly events: number;
}

/** Runs a service over a range of its input again, into `states`. The events that it returns are discarded. */
export async function* foldRange({
  log,
  processor,
  range,
  states,
  setAside,
  signal,
}: {
  readonly log: EventLog;
  readonly processor: BatchProcessor;
  readonly range: BoundedRange;
  readonly states: Map<string, string>;
  /** Inputs that the service has set aside: they are left out. */
  readonly setAside: SetAside;
  readonly signal: AbortSignal;
}): AsyncIterable<FoldedBatch> {
  for await (const batch of readExactly(log, range, signal)) {
    const records = withoutSetAside(batch, batch.records, setAside);
    const { changes, idempotentIds, emitted } = await processor.run({ ...batch, records }, states, signal);
    applyChanges(changes, states);
    processor.confirm(idempotentIds);
    yield { changes, last: batch.last, events: emitted.length };
  }
}

/** Reads a range without the records beyond it that the log's batches may contain. */
export async function* readExactly(
  log: EventLog,
  range: BoundedRange,
  signal: AbortSignal,
): AsyncIterable<LogBatch> {
  if (range.from >= range.until) return;
  for await (const batch of log.read(range, signal)) {
    const records = batch.records.filter((one) => one.offset >= range.from && one.offset < range.until);
    yield { ...batch, records, last: offset(Math.min(batch.last, range.until - 1)) };
  }
}
