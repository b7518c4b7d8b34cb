import { partition, type Topic } from '../core/ids.js';
import { placeName, type TopicPartition } from '../core/position.js';
import type { LogRecord, NewRecord } from '../core/record.js';
import type { EventLog } from '../ports/event-log.js';
import { readRetained } from '../ports/retained.js';
import { type DeadLetter, readDeadLetter } from './dead-letter.js';

/** One record of a dead-letter topic. */
export type DeadLetterEntry =
  | { readonly kind: 'DEAD_LETTER'; readonly letter: DeadLetter }
  /** The records that these letters are about were put back: `DeadLetter.recordId` of each. */
  | { readonly kind: 'REDRIVEN'; readonly all: readonly string[] }
  /** Somebody else's. */
  | { readonly kind: 'FOREIGN'; readonly place: string };

const REDRIVEN_HEADER = 'millrace-put-back';
/** How many one record names: it stays well below what a topic takes. */
const NAMED = 1_000;

/**
 * The records that say that letters were put back. They are in the dead-letter topic itself: a consumer
 * group's progress is forgotten when nobody has been in the group for some days, and nobody ever is for long.
 */
export function redriveMarkers(deadLetters: Topic, all: readonly string[]): readonly NewRecord[] {
  const records: NewRecord[] = [];
  for (let i = 0; i < all.length; i += NAMED) {
    const some = all.slice(i, i + NAMED);
    const headers = { [REDRIVEN_HEADER]: String(some.length), 'content-type': 'application/json' };
    const value = Buffer.from(JSON.stringify({ putBack: some }));
    records.push({ topic: deadLetters, key: null, headers, value });
  }
  return records;
}

export function readDeadLetterEntry(at: TopicPartition, record: LogRecord): DeadLetterEntry {
  if (record.headers[REDRIVEN_HEADER] !== undefined) return { kind: 'REDRIVEN', all: namedIn(record) };
  const letter = readDeadLetter(at, record);
  if (letter !== undefined) return { kind: 'DEAD_LETTER', letter };
  const { topic, partition } = at;
  return { kind: 'FOREIGN', place: placeName({ topic, partition, offset: record.offset }) };
}

/** All that a dead-letter topic has, up to where it ended when this began, one partition after the other. */
export async function* readDeadLetterEntries(
  log: EventLog,
  deadLetters: Topic,
  signal: AbortSignal,
): AsyncGenerator<DeadLetterEntry, void, undefined> {
  const bounds = await log.bounds(deadLetters, signal);
  for (const [number, { earliest, end }] of bounds.entries()) {
    const at = { topic: deadLetters, partition: partition(number) };
    const range = { ...at, from: earliest, until: end };
    for await (const { records } of readRetained(log, range, signal))
      for (const record of records) if (record.offset < end) yield readDeadLetterEntry(at, record);
  }
}

function namedIn({ value }: LogRecord): readonly string[] {
  if (value === null) return [];
  try {
    const said: unknown = JSON.parse(value.toString('utf8'));
    const all = typeof said === 'object' && said !== null && 'putBack' in said ? said.putBack : undefined;
    return Array.isArray(all) ? all.filter((recordId) => typeof recordId === 'string') : [];
  } catch {
    return []; // Not written here: it says nothing.
  }
}
