import type { Topic } from '../core/ids.js';
import { positionName } from '../core/position.js';
import type { FoundEvent, SetAside, TracedEvent } from './lineage.js';
import { Reading } from './reading.js';
import type { ReadingOptions } from './reading-options.js';

interface LineageOptions extends ReadingOptions {
  /** In milliseconds since 1970: earlier records are not read. */
  readonly since: number;
}

export interface Lineage {
  readonly events: readonly TracedEvent[];
  /** Records read, those of dead-letter topics not counted. */
  readonly records: number;
  /** Topics with records since `since` that were not read, because there were too many. */
  readonly notReadWhole: readonly Topic[];
  /** Whether more events were found than `maxEvents`. */
  readonly isCut: boolean;
}

/**
 * Reads all events that belong to `id` as a whole, with what dead letters say of them (`Reading`).
 * @throws {MillraceError} when the log cannot be read
 */
export async function readLineage(
  id: string,
  { since, ...options }: LineageOptions,
  signal: AbortSignal,
): Promise<Lineage> {
  const reading = Reading.begin(id, since, options);
  const found: FoundEvent[] = [...(await reading.widen(since, signal))];
  const letters = new Map<string, SetAside[]>();
  for await (const step of reading.steps(signal)) {
    found.push(...step.events);
    for (const { origin, kind, reason, failedIn, at } of step.letters) {
      const of = letters.get(positionName(origin)) ?? [];
      of.push({ kind, reason, failedIn, at });
      letters.set(positionName(origin), of);
    }
  }
  return {
    events: found.map((event) => ({ ...event, deadLetters: letters.get(positionName(event)) ?? [] })),
    records: reading.state.records,
    notReadWhole: [...reading.notReadWhole],
    isCut: reading.isCut,
  };
}
