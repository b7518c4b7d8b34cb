import { retry } from '../../core/async.js';
import { type Offset, offset } from '../../core/ids.js';
import type { TopicIdPartition, TopicPartition } from '../../core/position.js';
import type { LogBatch } from '../../core/record.js';
import type { GroupHandler } from '../../ports/consumer-groups.js';
import type { TransactionalBatch } from '../../ports/transactional-commit.js';
import { DeliveredBatch } from './delivered-batch.js';
import type { Journal } from './journal.js';

/** The longest pause between a handler's failure and the next attempt. */
const MAX_BACKOFF_MS = 5_000;

/** A partition that is assigned to one member of a group, until it is revoked. */
export class Assignment {
  readonly #at: TopicPartition;
  readonly #group: string;
  readonly #handler: GroupHandler<TransactionalBatch>;
  readonly #journal: Journal;
  readonly #lost = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    at: TopicPartition,
    group: string,
    handler: GroupHandler<TransactionalBatch>,
    journal: Journal,
  ) {
    this.#at = at;
    this.#group = group;
    this.#handler = handler;
    this.#journal = journal;
  }

  /** Delivers the partition's batches to the handler until it is revoked. Rejects when the log itself fails. */
  run(): Promise<void> {
    this.#running = this.#deliverAll();
    return this.#running;
  }

  /** Aborts the signals. Resolves once the batch in progress, with its commit, has ended. Never rejects. */
  async revoke(): Promise<void> {
    this.#lost.abort();
    await Promise.allSettled([this.#running]);
  }

  async #deliverAll(): Promise<void> {
    const { signal } = this.#lost;
    const start = await this.#retry(async () => ({
      from: await this.#handler.assigned?.(this.#topicIdPartition(), signal),
    }));
    const progress = this.#journal.progressOf(this.#group, this.#at);
    let next = this.#existing(start?.from ?? progress);
    // Everything before the handler's own start counts as done.
    if (next > progress && !signal.aborted) {
      await this.#retry(() => this.#journal.append([], { group: this.#group, ...this.#at, next }));
    }
    while (!signal.aborted) {
      await this.#journal.waitFor(this.#at, next, signal);
      if (signal.aborted) return;
      let batch = this.#journal.readBatch(this.#at, next);
      await this.#retry(async () => {
        if (batch === undefined) return;
        const { after, failure } = await this.#deliver(batch);
        next = after;
        if (failure === undefined) return;
        batch = this.#journal.readBatch(this.#at, next);
        throw failure.error;
      });
    }
  }

  #topicIdPartition(): TopicIdPartition {
    return { ...this.#at, topicId: this.#journal.describe(this.#at.topic)?.id };
  }

  /** Delivers one batch to the handler. @returns the offset to continue at, and why it is not behind the batch */
  async #deliver(batch: LogBatch): Promise<{ after: Offset; failure?: { readonly error: unknown } }> {
    const end = offset(batch.last + 1);
    const delivered = new DeliveredBatch(batch, this.#lost.signal, this.#group, this.#journal);
    try {
      await this.#handler.batch(delivered);
    } catch (error) {
      // D1: what was committed is done, even when the handler fails afterwards: it must not be delivered again.
      const after = await delivered.close();
      return after < end ? { after, failure: { error } } : { after };
    }
    await delivered.handled();
    return { after: end };
  }

  /** Repeats `attempt` until it succeeds. `undefined` when the partition was revoked before that. */
  async #retry<T>(attempt: () => Promise<T>): Promise<T | undefined> {
    const { signal } = this.#lost;
    // The handler reports its failures itself. The port only promises another attempt.
    return retry(attempt, { signal, maxBackoffMs: MAX_BACKOFF_MS }).catch(() => undefined);
  }

  /** `from`, or the earliest offset if the partition does not have `from` (its files were replaced): misses nothing. */
  #existing(from: Offset): Offset {
    const end = this.#journal.bounds(this.#at.topic)[this.#at.partition]?.end ?? 0;
    return from >= 0 && from <= end ? from : offset(0);
  }
}
