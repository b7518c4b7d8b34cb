import type { Topic } from '../core/ids.js';
import type { NewRecord } from '../core/record.js';
import type { EventLog } from '../ports/event-log.js';
import type { DeadLetter } from './dead-letter.js';
import { readOriginals } from './originals.js';

/** The record that a letter is about, or why it cannot be had. */
export type Restored =
  | { readonly ok: true; readonly record: NewRecord }
  | { readonly ok: false; readonly reason: string };

/** Makes records of letters again: as they were, without what a letter says beside. */
export class RecordRestorer {
  readonly #log: EventLog;
  readonly #topics = new Map<Topic, Promise<boolean>>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  async restore(letter: DeadLetter, signal: AbortSignal): Promise<Restored> {
    const { topic } = letter.origin;
    if (!(await this.#exists(topic, signal))) return { ok: false, reason: `there is no topic ${topic} now` };
    if (letter.dropped.size === 0) return { ok: true, record: { topic, ...letter.record } };
    const { origin } = letter;
    const at = { topic, partition: origin.partition };
    const record = (await readOriginals(this.#log, at, [origin.offset], signal)).get(origin.offset);
    if (record === undefined || record.timestamp !== letter.originTimestamp) {
      const left = [...letter.dropped].join(' and ');
      return {
        ok: false,
        reason: `the letter has no ${left}, and ${letter.place} is no longer in the log`,
      };
    }
    const { key, headers, value } = record;
    return { ok: true, record: { topic, key, headers, value } };
  }

  #exists(topic: Topic, signal: AbortSignal): Promise<boolean> {
    const known = this.#topics.get(topic) ?? this.#ask(topic, signal);
    this.#topics.set(topic, known);
    known.catch(() => this.#topics.delete(topic));
    return known;
  }

  async #ask(topic: Topic, signal: AbortSignal): Promise<boolean> {
    return (await this.#log.describe([topic], signal)).has(topic);
  }
}
