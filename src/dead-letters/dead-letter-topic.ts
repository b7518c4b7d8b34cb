import { z } from 'zod';
import { partition, type Topic } from '../core/ids.js';
import type { Position, TopicPartition } from '../core/position.js';
import type { LogRecord, NewRecord } from '../core/record.js';
import type { EventLog } from '../ports/event-log.js';
import { readRetained } from '../ports/retained.js';
import { type DeadLetter, readDeadLetter } from './dead-letter.js';

/** One record of a dead-letter topic. */
export type DeadLetterEntry =
  | { readonly kind: 'DEAD_LETTER'; readonly letter: DeadLetter }
  /** Marks records as redriven, by `DeadLetter.recordId`. */
  | {
      readonly kind: 'REDRIVEN';
      readonly recordIds: readonly string[];
      /** When the marker was written, in milliseconds since 1970. */
      readonly timestamp: number;
      readonly note: RedriveNote;
    }
  /** A record in another format. */
  | { readonly kind: 'FOREIGN'; readonly at: Position; readonly record: LogRecord };

/** What a marker says of a redrive besides the records. */
export interface RedriveNote {
  /** Who did it: the `sub` claim, if there was one. */
  readonly by?: string | undefined;
  /** Those of the records that were put back with another content. */
  readonly edited?: ReadonlySet<string> | undefined;
}

// "Put back" is the stored name of redriven.
const REDRIVEN_HEADER = 'millrace-put-back';
/** Keeps a marker well below the size that a topic accepts. */
const MAX_IDS_PER_MARKER = 1_000;

/**
 * The markers that say that records were redriven. They are in the dead-letter topic itself: Kafka forgets the
 * progress of a consumer group that has had no members for some days, and redriving is always a short visit.
 */
export function redriveMarkers(
  deadLetters: Topic,
  recordIds: readonly string[],
  { by, edited }: RedriveNote = {},
): readonly NewRecord[] {
  const markers: NewRecord[] = [];
  for (let i = 0; i < recordIds.length; i += MAX_IDS_PER_MARKER) {
    const putBack = recordIds.slice(i, i + MAX_IDS_PER_MARKER);
    const headers = { [REDRIVEN_HEADER]: String(putBack.length), 'content-type': 'application/json' };
    const changed = putBack.filter((id) => edited?.has(id));
    const note = { putBack, by, edited: changed.length === 0 ? undefined : changed };
    const value = Buffer.from(JSON.stringify(note));
    markers.push({ topic: deadLetters, key: null, headers, value });
  }
  return markers;
}

export function readDeadLetterEntry(at: TopicPartition, record: LogRecord): DeadLetterEntry {
  const letter = readDeadLetter(at, record);
  // First, because a record that was set aside may have a header of that name.
  if (letter !== undefined) return { kind: 'DEAD_LETTER', letter };
  if (record.headers[REDRIVEN_HEADER] !== undefined)
    return { kind: 'REDRIVEN', timestamp: record.timestamp, ...markerIn(record) };
  const { topic, partition } = at;
  return { kind: 'FOREIGN', at: { topic, partition, offset: record.offset }, record };
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

const Marker = z.object({
  putBack: z.array(z.string()).catch([]),
  by: z.string().optional().catch(undefined),
  edited: z.array(z.string()).optional().catch(undefined),
});

function markerIn({ value }: LogRecord): {
  readonly recordIds: readonly string[];
  readonly note: RedriveNote;
} {
  try {
    const { putBack, by, edited } = Marker.parse(JSON.parse(String(value)));
    return { recordIds: putBack, note: { by, edited: new Set(edited) } };
  } catch {
    return { recordIds: [], note: {} }; // Not written by Millrace: it marks nothing.
  }
}
