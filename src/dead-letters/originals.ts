import { type Offset, offset } from '../core/ids.js';
import { type Position, partitionName, type TopicPartition } from '../core/position.js';
import type { LogRecord } from '../core/record.js';
import { type EventLog, OffsetOutOfRange } from '../ports/event-log.js';

/**
 * The records at these places of one partition, by offset, as far as the log still has them. Places that
 * are near each other are one read.
 */
export async function readOriginals(
  log: EventLog,
  at: TopicPartition,
  places: readonly Offset[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Offset, LogRecord>> {
  const wanted = new Set(places);
  const found = new Map<Offset, LogRecord>();
  let rest = [...wanted].sort((a, b) => a - b);
  for (let [from] = rest; from !== undefined; [from] = rest) {
    let through = from;
    try {
      // A batch holds what was read with the place, so mostly all that is asked for.
      for await (const batch of log.read({ ...at, from, until: offset(from + 1) }, signal)) {
        for (const record of batch.records) if (wanted.has(record.offset)) found.set(record.offset, record);
        through = offset(Math.max(through, batch.last));
      }
    } catch (error) {
      if (!(error instanceof OffsetOutOfRange)) throw error;
      // Retention has passed it, or the topic was made anew and does not reach so far.
      through = offset(Math.max(from, error.bounds.earliest - 1));
    }
    rest = rest.filter((one) => one > through);
  }
  return found;
}

/** Places by their partition. */
export function byPartition<T extends Position>(places: readonly T[]): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const place of places) {
    const name = partitionName(place);
    groups.set(name, [...(groups.get(name) ?? []), place]);
  }
  return [...groups.values()];
}
