import type { Topic } from '../core/ids.js';
import type { NewRecord } from '../core/record.js';
import type { EventLog } from '../ports/event-log.js';
import type { DeadLetter } from './dead-letter.js';
import { readOriginals } from './originals.js';

/** The original record of a dead letter, or why it cannot be restored. */
type RestoredRecord =
  | { readonly ok: true; readonly record: NewRecord }
  | { readonly ok: false; readonly reason: string };

/** Restores the records of dead letters: key, value and headers as they were. */
export class RecordRestorer {
  readonly #log: EventLog;
  readonly #topics = new Map<Topic, Promise<boolean>>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Parts that the dead letter left out are read from the original topic, while the record is still there. */
  async restore(letter: DeadLetter, signal: AbortSignal): Promise<RestoredRecord> {
    const { origin } = letter;
    const { topic, partition } = origin;
    if (!(await this.#exists(topic, signal)))
      return { ok: false, reason: `the topic ${topic} does not exist any more` };
    if (letter.dropped.size === 0) return { ok: true, record: { topic, ...letter.record } };
    const originals = await readOriginals(this.#log, { topic, partition }, [origin.offset], signal);
    const record = originals.get(origin.offset);
    // A recreated topic has another record at this offset.
    if (record === undefined || record.timestamp !== letter.originTimestamp) {
      const missing = [...letter.dropped].join(' and ');
      const reason = `the dead letter has no ${missing}, and ${letter.originName} is not in the log any more`;
      return { ok: false, reason };
    }
    const { key, headers, value } = record;
    return { ok: true, record: { topic, key, headers, value } };
  }

  #exists(topic: Topic, signal: AbortSignal): Promise<boolean> {
    const known = this.#topics.get(topic) ?? this.#describe(topic, signal);
    this.#topics.set(topic, known);
    known.catch(() => this.#topics.delete(topic)); // Ask again next time.
    return known;
  }

  async #describe(topic: Topic, signal: AbortSignal): Promise<boolean> {
    return (await this.#log.describe([topic], signal)).has(topic);
  }
}
