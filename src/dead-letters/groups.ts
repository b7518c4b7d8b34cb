import { createHash } from 'node:crypto';
import type { Topic } from '../core/ids.js';
import type { DeadLetter } from './dead-letter.js';
import type { DeadLetterEntry } from './dead-letter-topic.js';
import type { LetterFormat } from './letter-headers.js';
import { reasonPattern } from './reason-pattern.js';

/** Dead letters of one topic that have one cause, as far as their reasons say. */
export interface DeadLetterGroup {
  /** The same on every node and at any time. */
  readonly id: string;
  /** The topic of the records. Of letters that nobody can read, the dead-letter topic. */
  readonly topic: Topic;
  /** The dead-letter topic of the newest. */
  readonly deadLetters: Topic;
  readonly format: LetterFormat | 'UNKNOWN';
  readonly kind: string;
  /** What failed: at most one of them, and the group that did. */
  readonly field: string | undefined;
  readonly service: string | undefined;
  readonly view: string | undefined;
  readonly group: string | undefined;
  /** The reason, without what differs from letter to letter. */
  readonly pattern: string;
  /** The reason of the newest, as it is. */
  readonly reason: string;
  /** Dead letters. */
  readonly letters: number;
  /** Records that they are about: several nodes may write about one record. */
  readonly records: number;
  /** Records that were put back. */
  readonly redriven: number;
  /** In milliseconds since 1970. */
  readonly firstAt: number;
  readonly lastAt: number;
}

export const UNKNOWN_FORMAT_REASON =
  'Written by another program, in a format that does not say which record it is about.';

/** C4: how many groups are told apart. Letters of further ones are counted together. */
const MAX_GROUPS = 500;
const ID_CHARS = 16;

type Cause = Pick<
  DeadLetterGroup,
  'topic' | 'format' | 'kind' | 'field' | 'service' | 'view' | 'group' | 'pattern'
>;

interface Tally extends Cause {
  readonly id: string;
  readonly recordIds: Set<string>;
  deadLetters: Topic;
  reason: string;
  letters: number;
  firstAt: number;
  lastAt: number;
}

/** The id of the group that a letter belongs to. */
export const groupIdOf = (letter: DeadLetter): string => idOf(causeOf(letter));

/** The id of the group of what nobody can read in a dead-letter topic. */
export const unknownGroupId = (deadLetters: Topic): string => idOf(unknownCause(deadLetters));

/** Counts dead letters by their causes. What is added is read in the order of the log. */
export class DeadLetterTally {
  readonly #tallies = new Map<string, Tally>();
  readonly #redriven = new Set<string>();
  /** Letters of groups that there was no room for. */
  uncounted = 0;

  add(entry: DeadLetterEntry): void {
    if (entry.kind === 'REDRIVEN') for (const recordId of entry.recordIds) this.#redriven.add(recordId);
    else if (entry.kind === 'FOREIGN') {
      const { at, record } = entry;
      this.#count(
        unknownCause(at.topic),
        at.topic,
        `${at.partition}@${at.offset}`,
        UNKNOWN_FORMAT_REASON,
        record.timestamp,
      );
    } else {
      const { letter } = entry;
      this.#count(causeOf(letter), letter.at.topic, letter.recordId, letter.reason, letter.timestamp);
    }
  }

  /** Those with the newest dead letters first. */
  groups(): readonly DeadLetterGroup[] {
    return [...this.#tallies.values()]
      .map(({ recordIds, ...tally }) => ({
        ...tally,
        records: recordIds.size,
        redriven: [...recordIds].reduce((sum, id) => sum + (this.#redriven.has(id) ? 1 : 0), 0),
      }))
      .sort((a, b) => b.lastAt - a.lastAt);
  }

  #count(cause: Cause, deadLetters: Topic, recordId: string, reason: string, time: number): void {
    const id = idOf(cause);
    let tally = this.#tallies.get(id);
    if (tally === undefined) {
      if (this.#tallies.size >= MAX_GROUPS) {
        this.uncounted += 1;
        return;
      }
      tally = {
        ...cause,
        id,
        recordIds: new Set(),
        deadLetters,
        reason,
        letters: 0,
        firstAt: time,
        lastAt: time,
      };
      this.#tallies.set(id, tally);
    }
    tally.recordIds.add(recordId);
    tally.letters += 1;
    if (time >= tally.lastAt) Object.assign(tally, { lastAt: time, reason, deadLetters });
    tally.firstAt = Math.min(tally.firstAt, time);
  }
}

function causeOf({ origin, format, kind, field, service, view, group, reason }: DeadLetter): Cause {
  return { topic: origin.topic, format, kind, field, service, view, group, pattern: reasonPattern(reason) };
}

const unknownCause = (topic: Topic): Cause => ({
  topic,
  format: 'UNKNOWN',
  kind: 'unknown',
  field: undefined,
  service: undefined,
  view: undefined,
  group: undefined,
  pattern: UNKNOWN_FORMAT_REASON,
});

function idOf({ topic, kind, field, service, view, group, pattern }: Cause): string {
  const parts = [topic, kind, field, service, view, group, pattern].map((part) => part ?? null);
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, ID_CHARS);
}
