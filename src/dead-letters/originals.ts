import { type Offset, offset } from '../core/ids.js';
import { type Position, partitionName, type TopicPartition } from '../core/position.js';
import type { LogRecord } from '../core/record.js';
import { type EventLog, OffsetOutOfRange } from '../ports/event-log.js';

/**
 * Reads the records at these offsets of one partition, as far as the log still has them. Offsets that are near
 * each other are one read.
 */
export async function readOriginals(
  log: EventLog,
  at: TopicPartition,
  offsets: readonly Offset[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Offset, LogRecord>> {
  const wanted = new Set(offsets);
  const found = new Map<Offset, LogRecord>();
  let rest = [...wanted].sort((a, b) => a - b);
  for (let [from] = rest; from !== undefined; [from] = rest) {
    let through = from;
    try {
      // A batch contains the neighbours of the offset, so often everything that is wanted.
      for await (const batch of log.read({ ...at, from, until: offset(from + 1) }, signal)) {
        for (const record of batch.records) if (wanted.has(record.offset)) found.set(record.offset, record);
        through = offset(Math.max(through, batch.last));
      }
    } catch (error) {
      if (!(error instanceof OffsetOutOfRange)) throw error;
      // Retention has removed it, or the topic was recreated and does not reach that far.
      through = offset(Math.max(from, error.bounds.earliest - 1));
    }
    rest = rest.filter((one) => one > through);
  }
  return found;
}

/** Groups positions by their partition. */
export function byPartition<T extends Position>(positions: readonly T[]): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const position of positions) {
    const name = partitionName(position);
    groups.set(name, [...(groups.get(name) ?? []), position]);
  }
  return [...groups.values()];
}
