import { type Offset, offset, type Partition, type Topic } from '../core/ids.js';
import type { EventLog } from '../ports/event-log.js';
import { type DeadLetter, deadLetterTopic } from './dead-letter.js';
import { readDeadLetterEntries } from './dead-letter-topic.js';

/** What of a topic's dead letters is to be put back. */
export interface RedriveLedger {
  /** What was put back: `DeadLetter.recordId` of each. */
  readonly done: ReadonlySet<string>;
  /** The wanted places that letters are about, and whether all of these were put back. */
  readonly places: ReadonlyMap<string, { readonly done: boolean }>;
  /** Where the first and the last letter are that are still to be put back, by partition of the dead letters. */
  readonly open: ReadonlyMap<Partition, { readonly first: Offset; readonly last: Offset }>;
  /** How many records are no letters. */
  readonly foreign: number;
}

/** Reads all of a topic's dead letters. */
export async function readRedriveLedger(
  log: EventLog,
  topic: Topic,
  wanted: (letter: DeadLetter) => boolean,
  signal: AbortSignal,
): Promise<RedriveLedger> {
  const done = new Set<string>();
  const found = new Map<string, Found>();
  let foreign = 0;
  for await (const entry of readDeadLetterEntries(log, deadLetterTopic(topic), signal)) {
    if (entry.kind === 'REDRIVEN') for (const recordId of entry.all) done.add(recordId);
    if (entry.kind === 'FOREIGN') foreign += 1;
    if (entry.kind !== 'DEAD_LETTER' || !wanted(entry.letter)) continue;
    const { recordId, place, at } = entry.letter;
    const known = found.get(recordId) ?? { place, letters: [] };
    known.letters.push({ partition: at.partition, offset: at.offset });
    found.set(recordId, known);
  }
  const open = new Map<Partition, { first: Offset; last: Offset }>();
  const places = new Map<string, { done: boolean }>();
  for (const [recordId, { place, letters }] of found) {
    const isDone = done.has(recordId);
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
