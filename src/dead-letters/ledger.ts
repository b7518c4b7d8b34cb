import { type Offset, offset, type Partition, type Topic } from '../core/ids.js';
import type { EventLog } from '../ports/event-log.js';
import { deadLetterTopic, type Letter } from './letter.js';
import { readEntries } from './reading.js';

/** What of a topic's dead letters is to be put back. */
export interface Ledger {
  /** What was put back: `Letter.about` of each. */
  readonly done: ReadonlySet<string>;
  /** The wanted places that letters are about, and whether all of these were put back. */
  readonly places: ReadonlyMap<string, { readonly done: boolean }>;
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
  const found = new Map<string, Found>();
  let foreign = 0;
  for await (const entry of readEntries(log, deadLetterTopic(topic), signal)) {
    if (entry.kind === 'PUT_BACK') for (const about of entry.all) done.add(about);
    if (entry.kind === 'FOREIGN') foreign += 1;
    if (entry.kind !== 'LETTER' || !wanted(entry.letter)) continue;
    const { about, place, at } = entry.letter;
    const known = found.get(about) ?? { place, letters: [] };
    known.letters.push({ partition: at.partition, offset: at.offset });
    found.set(about, known);
  }
  const open = new Map<Partition, { first: Offset; last: Offset }>();
  const places = new Map<string, { done: boolean }>();
  for (const [about, { place, letters }] of found) {
    const isDone = done.has(about);
    places.set(place, { done: isDone && places.get(place)?.done !== false });
    if (isDone) continue;
    for (const { partition, offset: at } of letters) {
      const { first, last } = open.get(partition) ?? { first: at, last: at };
      open.set(partition, { first: offset(Math.min(first, at)), last: offset(Math.max(last, at)) });
    }
  }
  return { done, places, open, foreign };
}

/** The letters about one record: where it was, and where they are. */
interface Found {
  readonly place: string;
  readonly letters: { readonly partition: Partition; readonly offset: Offset }[];
}
