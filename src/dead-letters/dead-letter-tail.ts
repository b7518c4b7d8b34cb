import { type Offset, offset, partition, type Topic } from '../core/ids.js';
import type { EventLog } from '../ports/event-log.js';
import { readRetained } from '../ports/retained.js';
import { type DeadLetterEntry, readDeadLetterEntry } from './dead-letter-topic.js';

type Reads = Pick<EventLog, 'bounds' | 'read'>;

/** Reads a dead-letter topic from its newest records on, as often as asked, and remembers where it is. */
export class DeadLetterTail {
  /** How many offsets before the first record were not read. */
  skipped = 0;
  readonly #log: Reads;
  readonly #topic: Topic;
  readonly #newest: number;
  /** The next offset of each partition. */
  readonly #next: Offset[] = [];

  /** @param newest how many records are read at first, over all partitions */
  constructor(log: Reads, deadLetters: Topic, newest: number) {
    this.#log = log;
    this.#topic = deadLetters;
    this.#newest = newest;
  }

  /** What there is after the last call, up to the end at the time of the call. @throws as `EventLog.read` does */
  async *read(signal: AbortSignal): AsyncGenerator<DeadLetterEntry, void, undefined> {
    const bounds = await this.#log.bounds(this.#topic, signal);
    const perPartition = Math.max(1, Math.floor(this.#newest / Math.max(1, bounds.length)));
    for (const [number, { earliest, end }] of bounds.entries()) {
      const at = { topic: this.#topic, partition: partition(number) };
      const known = this.#next[number];
      const newest = offset(Math.max(earliest, end - perPartition));
      // A topic that was recreated ends before the place that was read.
      let from = known === undefined || known > end ? newest : known;
      // C4: not more than at first, however much has come in the meantime.
      if (from < newest) from = newest;
      this.skipped += from - Math.min(from, known !== undefined && known <= end ? known : earliest);
      for await (const batch of readRetained(this.#log, { ...at, from, until: end }, signal)) {
        for (const record of batch.records)
          if (record.offset >= from && record.offset < end) yield readDeadLetterEntry(at, record);
        this.#next[number] = offset(Math.min(end, batch.last + 1));
      }
      this.#next[number] = end;
    }
  }
}
