import { type Offset, offset, type Partition, type Topic } from '../core/ids.js';
import type { EventLog } from '../ports/event-log.js';
import { deadLetterTopic, type Letter } from './letter.js';
import { readEntries } from './reading.js';

/** What of a topic's dead letters is to be put back. */
export interface Ledger {
  /** The places whose letters were put back. */
  readonly done: ReadonlySet<string>;
  /** The wanted places that some letter is about. */
  readonly found: ReadonlySet<string>;
  /** Where the first and the last letter are that are still to be put back, by partition of the dead letters. */
  readonly open: ReadonlyMap<Partition, { readonly first: Offset; readonly last: Offset }>;
  /** How many records are no letters. */
  readonly foreign: number;
}

/** Reads all of a topic's dead letters. */
export async function readLedger(
  log: EventLog,
  topic: Topic,
  wanted: (letter: Letter) => boolean,
  signal: AbortSignal,
): Promise<Ledger> {
  const done = new Set<string>();
  const found = new Map<string, { partition: Partition; offset: Offset }[]>();
  let foreign = 0;
  for await (const entry of readEntries(log, deadLetterTopic(topic), signal)) {
    if (entry.kind === 'PUT_BACK') for (const place of entry.places) done.add(place);
    if (entry.kind === 'FOREIGN') foreign += 1;
    if (entry.kind !== 'LETTER' || !wanted(entry.letter)) continue;
    const { place, at } = entry.letter;
    found.set(place, [...(found.get(place) ?? []), { partition: at.partition, offset: at.offset }]);
  }
  const open = new Map<Partition, { first: Offset; last: Offset }>();
  for (const [place, letters] of found) {
    if (done.has(place)) continue;
    for (const { partition, offset: at } of letters) {
      const { first, last } = open.get(partition) ?? { first: at, last: at };
      open.set(partition, { first: offset(Math.min(first, at)), last: offset(Math.max(last, at)) });
    }
  }
  return { done, found: new Set(found.keys()), open, foreign };
}
