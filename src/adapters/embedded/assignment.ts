import { retry } from '../../core/async.js';
import { MillraceError } from '../../core/errors.js';
import { type Offset, offset } from '../../core/ids.js';
import {
  type Position,
  partitionName,
  type TopicIdPartition,
  type TopicPartition,
} from '../../core/position.js';
import type { LogBatch, NewRecord } from '../../core/record.js';
import type { GroupHandler } from '../../ports/consumer-groups.js';
import type { TransactionalBatch } from '../../ports/transactional-commit.js';
import type { Journal } from './journal.js';

/** The longest pause between a handler's failure and the next attempt. */
const MAX_BACKOFF_MS = 5_000;

/** A partition in the hands of one member, from its assignment until it is revoked. */
export class Assignment {
  private readonly lost = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly at: TopicPartition,
    private readonly group: string,
    private readonly handler: GroupHandler<TransactionalBatch>,
    private readonly journal: Journal,
  ) {}

  /** Hands out the partition's batches until it is revoked. Rejects when the log itself fails. */
  run(): Promise<void> {
    this.running = this.work();
    return this.running;
  }

  /** Aborts the signals, and resolves when the batch in hand, with its commit, has ended. Never rejects. */
  async revoke(): Promise<void> {
    this.lost.abort();
    await Promise.allSettled([this.running]);
  }

  private async work(): Promise<void> {
    const { signal } = this.lost;
    const begin = await this.retry(async () => ({
      from: await this.handler.assigned?.(this.life(), signal),
    }));
    const progress = this.journal.progressOf(this.group, this.at);
    let next = this.within(begin?.from ?? progress);
    // What is before the handler's place is done.
    if (next > progress && !signal.aborted) {
      await this.retry(() => this.journal.append([], { group: this.group, ...this.at, next }));
    }
    while (!signal.aborted) {
      await this.journal.arrival(this.at, next, signal);
      if (signal.aborted) return;
      const batch = this.journal.batch(this.at, next);
      if (batch === undefined) continue;
      const passed = await this.retry(() => this.hand(batch));
      next = passed ?? next;
    }
  }

  private life(): TopicIdPartition {
    return { ...this.at, topicId: this.journal.describe(this.at.topic)?.id };
  }

  /** Gives one batch to the handler. @returns where to go on */
  private async hand(batch: LogBatch): Promise<Offset> {
    const given = new Given(batch, this.lost.signal, this.group, this.journal);
    try {
      await this.handler.batch(given);
    } catch (error) {
      // What is committed is done with, even when its handler fails afterwards.
      if (!(await given.close())) throw error;
    }
    await given.close();
    return offset(batch.last + 1);
  }

  /** Until it succeeds or the partition is lost; then `undefined`. */
  private async retry<T>(attempt: () => Promise<T>): Promise<T | undefined> {
    const { signal } = this.lost;
    // The handler's failures are the handler's to report; the port promises another attempt.
    return retry(attempt, { signal, maxBackoffMs: MAX_BACKOFF_MS }).catch(() => undefined);
  }

  /** An offset the partition does not have (its files were replaced) becomes the earliest, so that none is missed. */
  private within(from: Offset): Offset {
    const end = this.journal.bounds(this.at.topic)[this.at.partition]?.end ?? 0;
    return from >= 0 && from <= end ? from : offset(0);
  }
}

/** A batch in a handler's hands. */
class Given implements TransactionalBatch {
  readonly topic;
  readonly partition;
  readonly records;
  readonly last;
  readonly end;
  private closed = false;
  private committing: Promise<Position[]> | undefined;

  constructor(
    batch: LogBatch,
    readonly signal: AbortSignal,
    private readonly group: string,
    private readonly journal: Journal,
  ) {
    ({ topic: this.topic, partition: this.partition, records: this.records } = batch);
    ({ last: this.last, end: this.end } = batch);
  }

  async commit(outputs: readonly NewRecord[] = []): Promise<readonly Position[]> {
    // D9: until the handler has ended nobody else has the partition; afterwards somebody may.
    if (this.closed)
      throw new MillraceError(
        'LOG_UNAVAILABLE',
        `${this.group} has given up this batch of ${partitionName(this)}`,
      );
    if (this.committing !== undefined) throw new Error('A batch is committed once');
    const { group, topic, partition } = this;
    this.committing = this.journal.append(outputs, { group, topic, partition, next: offset(this.last + 1) });
    return this.committing;
  }

  /** No commit begins after this. @returns whether one succeeded */
  async close(): Promise<boolean> {
    this.closed = true;
    if (this.committing === undefined) return false;
    const [result] = await Promise.allSettled([this.committing]);
    return result.status === 'fulfilled';
  }
}
