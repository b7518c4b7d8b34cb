import type { Topic } from '../core/ids.js';
import type { Position } from '../core/position.js';
import type { LogRecord } from '../core/record.js';
import type { EventLog } from '../ports/event-log.js';
import type { DeadLetter } from './dead-letter.js';
import { DeadLetterTail } from './dead-letter-tail.js';
import { groupIdOf, unknownGroupId } from './groups.js';

/** One record of a group, with its newest dead letter. */
export interface GroupedLetter {
  /** Where the newest dead letter is. */
  readonly at: Position;
  readonly timestamp: number;
  /** `undefined`: written in a format that does not say. */
  readonly letter: DeadLetter | undefined;
  /** The beginning of the value. */
  readonly key: string | null;
  readonly value: Buffer | null;
  /** How many dead letters are about the record. */
  readonly count: number;
  readonly redriven: boolean;
}

interface GroupedLetters {
  /** Newest first. */
  readonly letters: readonly GroupedLetter[];
  /** How many older ones were left out. */
  readonly leftOut: number;
  /** How many offsets before the first record were not read. */
  readonly skipped: number;
}

interface GroupOptions {
  readonly log: Pick<EventLog, 'bounds' | 'read'>;
  /** The dead-letter topics. */
  readonly topics: readonly Topic[];
  /** `undefined`: letters of all groups. */
  readonly group: string | undefined;
  /** The most letters: the newest ones. */
  readonly limit: number;
  /** The most records that are read of each topic: the newest ones. */
  readonly recordsPerTopic: number;
}

const PREVIEW_BYTES = 200;

/** The newest letters of a group. */
export async function lettersOfGroup(options: GroupOptions, signal: AbortSignal): Promise<GroupedLetters> {
  const { log, topics, group, limit, recordsPerTopic } = options;
  // C4: in the order of their newest letters, and no more than are shown.
  const found = new Map<string, GroupedLetter>();
  const redriven = new Set<string>();
  let [leftOut, skipped] = [0, 0];
  for (const topic of topics) {
    const tail = new DeadLetterTail(log, topic, recordsPerTopic);
    const isOfUnknown = group === undefined || group === unknownGroupId(topic);
    for await (const entry of tail.read(signal)) {
      if (entry.kind === 'REDRIVEN') for (const recordId of entry.recordIds) redriven.add(recordId);
      else if (entry.kind === 'FOREIGN') {
        if (isOfUnknown)
          add(`${topic}/${entry.at.partition}@${entry.at.offset}`, entry.at, undefined, entry.record);
      } else if (group === undefined || groupIdOf(entry.letter) === group) {
        const { letter } = entry;
        add(letter.recordId, letter.at, letter, { ...letter.record, timestamp: letter.timestamp });
      }
    }
    skipped += tail.skipped;
  }
  const letters = [...found].map(([id, letter]) => ({ ...letter, redriven: redriven.has(id) })).reverse();
  return { letters: letters.sort((a, b) => b.timestamp - a.timestamp), leftOut, skipped };

  function add(
    id: string,
    at: Position,
    letter: DeadLetter | undefined,
    { key, value, timestamp }: Pick<LogRecord, 'key' | 'value' | 'timestamp'>,
  ): void {
    const count = (found.get(id)?.count ?? 0) + 1;
    // A map keeps the order of insertion: the record moves to the end. A copy, so that the batch can be freed.
    found.delete(id);
    const preview = value === null ? null : Buffer.from(value.subarray(0, PREVIEW_BYTES));
    const bare = letter && { ...letter, record: { key, headers: {}, value: null } };
    found.set(id, { at, timestamp, letter: bare, key, value: preview, count, redriven: false });
    const [oldest] = found.keys();
    if (found.size <= limit || oldest === undefined) return;
    found.delete(oldest);
    leftOut += 1;
  }
}
