import { type Offset, offset, partition } from '../core/ids.js';
import type { Position } from '../core/position.js';
import type { LogRecord } from '../core/record.js';
import { type DeadLetter, readDeadLetter } from '../dead-letters/dead-letter.js';
import { readableDeadLetterTopics } from '../dead-letters/topic-name.js';
import { readRetained } from '../ports/retained.js';
import { foundEvent } from './found-event.js';
import type { FoundEvent, SetAside } from './lineage.js';
import type { ReadingOptions } from './reading-options.js';

/** A dead letter about an event of a lineage, or about a record with its key that is no event. */
export interface FoundLetter extends SetAside {
  readonly origin: Position;
  /** When the dead letter was written, in milliseconds since 1970. */
  readonly timestamp: number;
  /** Whether its record is an event. */
  readonly isEvent: boolean;
}

interface WantedLetters {
  /** Positions of events that were found. */
  readonly found: ReadonlySet<string>;
  readonly isWanted: (event: FoundEvent, record: LogRecord) => boolean;
  readonly isKey: (key: string | null) => boolean;
}

/**
 * Dead letters about the events of a lineage, in the dead-letter topics. A letter belongs to it by its position, or by the
 * record that it keeps: where a reading went on, the positions of what was found before are not known.
 */
export async function* readLetters(
  { log, topics, suffix, decoder, recordsPerTopic }: ReadingOptions,
  { found, isWanted, isKey }: WantedLetters,
  since: number,
  signal: AbortSignal,
): AsyncGenerator<readonly FoundLetter[], void, undefined> {
  const candidates = topics.flatMap((topic) => readableDeadLetterTopics(topic, suffix));
  const existing = await log.describe(candidates, signal);
  for (const topic of candidates.filter((one) => existing.has(one))) {
    for (const [number, { earliest, end }] of (await log.bounds(topic, signal)).entries()) {
      const at = { topic, partition: partition(number) };
      const first = await log.offsetAt(topic, at.partition, since, signal);
      const from: Offset = offset(Math.max(earliest, first, end - recordsPerTopic));
      if (from >= end) continue;
      for await (const { records } of readRetained(log, { ...at, from, until: end }, signal)) {
        const letters: FoundLetter[] = [];
        for (const record of records) {
          const letter = readDeadLetter(at, record);
          if (letter === undefined) continue;
          const original = await originalOf(letter, record);
          const isOf =
            found.has(letter.originName) ||
            (original.event === undefined ? isKey(record.key) : isWanted(original.event, original.record));
          if (isOf) letters.push(foundLetter(letter, original.event !== undefined));
        }
        if (letters.length > 0) yield letters;
      }
    }
  }

  async function originalOf(letter: DeadLetter, { offset: _, ...read }: LogRecord) {
    const { key, headers, value } = letter.record;
    const { topic, partition: number, offset: at } = letter.origin;
    const record: LogRecord = { ...read, key, headers, value, offset: at };
    await decoder.prepare(topic, [record], signal);
    return { record, event: foundEvent(record, { topic, partition: number }, decoder) };
  }
}

function foundLetter(letter: DeadLetter, isEvent: boolean): FoundLetter {
  const { kind, reason, field, service, view, at, origin, timestamp } = letter;
  return { kind, reason, failedIn: field ?? service ?? view, at, origin, timestamp, isEvent };
}
