import { MillraceError } from '../../core/errors.js';
import { type Offset, offset, type Partition, type Topic } from '../../core/ids.js';
import { type Position, partitionName } from '../../core/position.js';
import type { LogBatch, LogRecord, NewRecord } from '../../core/record.js';
import type { TransactionalBatch } from '../../ports/transactional-commit.js';
import type { Journal } from './journal.js';

/** A batch while a group's handler works on it. */
export class DeliveredBatch implements TransactionalBatch {
  readonly topic: Topic;
  readonly partition: Partition;
  readonly records: readonly LogRecord[];
  readonly last: Offset;
  readonly end: Offset;
  readonly signal: AbortSignal;
  readonly #group: string;
  readonly #journal: Journal;
  #state: 'open' | 'handled' | 'closed' = 'open';
  #committing: Promise<Position[]> | undefined;
  /** The first offset that is not committed. */
  #next: Offset;

  constructor(batch: LogBatch, signal: AbortSignal, group: string, journal: Journal) {
    this.topic = batch.topic;
    this.partition = batch.partition;
    this.records = batch.records;
    this.last = batch.last;
    this.end = batch.end;
    this.signal = signal;
    this.#next = batch.records[0]?.offset ?? offset(batch.last + 1);
    this.#group = group;
    this.#journal = journal;
  }

  async commit(outputs: readonly NewRecord[] = [], through = this.last): Promise<readonly Position[]> {
    if (this.#state === 'handled' && outputs.length === 0 && through === this.last)
      return this.#commitLater();
    // D9: no other member has the partition before this batch is closed. After that, one may.
    if (this.#state !== 'open') {
      const message = `The batch of ${partitionName(this)} cannot be committed: ${this.#group} has given it up.`;
      throw new MillraceError('LOG_UNAVAILABLE', message);
    }
    if (this.#next > through)
      throw new Error(`The batch of ${partitionName(this)} is committed beyond ${through} already`);
    const { topic, partition } = this;
    const next = offset(through + 1);
    this.#committing = this.#journal.append(outputs, { group: this.#group, topic, partition, next });
    const positions = await this.#committing;
    this.#next = next;
    return positions;
  }

  /**
   * The progress alone, of a handler that has resolved before. It is written in this turn, so that another member has either
   * not begun yet, or has aborted `signal`; and never backwards, since a later batch may have been committed.
   */
  async #commitLater(): Promise<Position[]> {
    const { topic, partition } = this;
    const next = offset(this.last + 1);
    const isBehind = this.#journal.progressOf(this.#group, this) < next;
    if (this.signal.aborted || !isBehind) return [];
    return await this.#journal.append([], { group: this.#group, topic, partition, next });
  }

  /** The handler has resolved. From here on, only its progress can be committed. Waits for the commit in flight. */
  async handled(): Promise<void> {
    await this.close();
    this.#state = 'handled';
  }

  /** Refuses commits from here on, and waits for the one in flight. @returns the first offset that is not committed */
  async close(): Promise<Offset> {
    this.#state = 'closed';
    // The continuation of `commit` above runs before this one, which waits for the same promise later.
    await Promise.allSettled([this.#committing]);
    return this.#next;
  }
}
