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
  #closed = false;
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
    // D9: no other member has the partition before this batch is closed. After that, one may.
    if (this.#closed) {
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

  /** Refuses commits from here on, and waits for the one in flight. @returns the first offset that is not committed */
  async close(): Promise<Offset> {
    this.#closed = true;
    // The continuation of `commit` above runs before this one, which waits for the same promise later.
    await Promise.allSettled([this.#committing]);
    return this.#next;
  }
}
