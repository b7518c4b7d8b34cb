import type { Topic } from '../core/ids.js';
import type { NewRecord } from '../core/record.js';
import type { EventLog } from '../ports/event-log.js';
import type { DeadLetter } from './dead-letter.js';
import { readOriginals } from './originals.js';

/** The original record of a dead letter, or why it cannot be restored. */
export type RestoredRecord =
  | { readonly ok: true; readonly record: NewRecord }
  | { readonly ok: false; readonly reason: string };

/**
 * Restores the records of dead letters: key, value and headers as they were, in the partition where they were. Where a
 * record lies is its producer's choice, so it stays, unless the topic has fewer partitions now.
 */
export class RecordRestorer {
  readonly #log: EventLog;
  /** The number of partitions; 0 for a topic that does not exist. */
  readonly #topics = new Map<Topic, Promise<number>>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Parts that the dead letter left out are read from the original topic, while the record is still there. */
  async restore(letter: DeadLetter, signal: AbortSignal): Promise<RestoredRecord> {
    const { origin } = letter;
    if (letter.kind === 'batch')
      return { ok: false, reason: 'it is a whole batch of records that could not be decompressed' };
    const { topic, partition } = origin;
    const partitions = await this.#partitionsOf(topic, signal);
    if (partitions === 0) return { ok: false, reason: `the topic ${topic} does not exist any more` };
    const place = partition < partitions ? { topic, partition } : { topic };
    if (letter.dropped.size === 0) return { ok: true, record: { ...letter.record, ...place } };
    const originals = await readOriginals(this.#log, { topic, partition }, [origin.offset], signal);
    const record = originals.get(origin.offset);
    // A recreated topic has another record at this offset.
    if (record === undefined || record.timestamp !== letter.originTimestamp) {
      const missing = [...letter.dropped].join(' and ');
      const reason = `the dead letter has no ${missing}, and ${letter.originName} is not in the log any more`;
      return { ok: false, reason };
    }
    const { key, headers, headerList, value } = record;
    return { ok: true, record: { ...place, key, headers, headerList, value } };
  }

  #partitionsOf(topic: Topic, signal: AbortSignal): Promise<number> {
    const known = this.#topics.get(topic) ?? this.#describe(topic, signal);
    this.#topics.set(topic, known);
    known.catch(() => this.#topics.delete(topic)); // Ask again next time.
    return known;
  }

  async #describe(topic: Topic, signal: AbortSignal): Promise<number> {
    return (await this.#log.describe([topic], signal)).get(topic)?.partitions ?? 0;
  }
}
