import { partition, type Topic } from '../core/ids.js';
import { positionName, type TopicPartition } from '../core/position.js';
import type { LogRecord, NewRecord } from '../core/record.js';
import type { EventLog } from '../ports/event-log.js';
import { readRetained } from '../ports/retained.js';
import { type DeadLetter, readDeadLetter } from './dead-letter.js';

/** One record of a dead-letter topic. */
type DeadLetterEntry =
  | { readonly kind: 'DEAD_LETTER'; readonly letter: DeadLetter }
  /** Marks records as redriven, by `DeadLetter.recordId`. */
  | { readonly kind: 'REDRIVEN'; readonly recordIds: readonly string[] }
  /** A record in another format. `position` as `positionName` writes it. */
  | { readonly kind: 'FOREIGN'; readonly position: string };

// "Put back" is the stored name of redriven.
const REDRIVEN_HEADER = 'millrace-put-back';
/** Keeps a marker well below the size that a topic accepts. */
const MAX_IDS_PER_MARKER = 1_000;

/**
 * The markers that say that records were redriven. They are in the dead-letter topic itself: Kafka forgets the
 * progress of a consumer group that has had no members for some days, and redriving is always a short visit.
 */
export function redriveMarkers(deadLetters: Topic, recordIds: readonly string[]): readonly NewRecord[] {
  const markers: NewRecord[] = [];
  for (let i = 0; i < recordIds.length; i += MAX_IDS_PER_MARKER) {
    const putBack = recordIds.slice(i, i + MAX_IDS_PER_MARKER);
    const headers = { [REDRIVEN_HEADER]: String(putBack.length), 'content-type': 'application/json' };
    const value = Buffer.from(JSON.stringify({ putBack }));
    markers.push({ topic: deadLetters, key: null, headers, value });
  }
  return markers;
}

export function readDeadLetterEntry(at: TopicPartition, record: LogRecord): DeadLetterEntry {
  const letter = readDeadLetter(at, record);
  // First, because a record that was set aside may have a header of that name.
  if (letter !== undefined) return { kind: 'DEAD_LETTER', letter };
  if (record.headers[REDRIVEN_HEADER] !== undefined)
    return { kind: 'REDRIVEN', recordIds: recordIdsIn(record) };
  const { topic, partition } = at;
  return { kind: 'FOREIGN', position: positionName({ topic, partition, offset: record.offset }) };
}

/** Reads a dead-letter topic up to its end at the time of the call, one partition after the other. */
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

function recordIdsIn({ value }: LogRecord): readonly string[] {
  if (value === null) return [];
  try {
    const marker: unknown = JSON.parse(value.toString('utf8'));
    const ids = typeof marker === 'object' && marker !== null && 'putBack' in marker ? marker.putBack : [];
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  } catch {
    return []; // Not written by Millrace: it marks nothing.
  }
}
