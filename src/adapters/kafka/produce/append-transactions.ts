import { randomUUID } from 'node:crypto';
import { withSignal } from '../../../core/async.js';
import { MillraceError } from '../../../core/errors.js';
import type { Position } from '../../../core/position.js';
import type { Connection } from '../wire/connection.js';
import { maybePublished, nothingPublished } from '../wire/failures.js';
import type { PartitionBatch } from '../wire/partition-batch.js';
import { TransactionalProducer, TransactionFailed } from './transactional-producer.js';

/** After this long the broker aborts the transaction of a process that died; readers wait until then. */
const TRANSACTION_TIMEOUT_MS = 15_000;
/** Operators grant WRITE on the transactional ids that begin with it. */
export const APPEND_ID_PREFIX = 'millrace-append-';

/**
 * Atomic appends, one transaction at a time. The transactional id is unique to this object, so it fences nobody:
 * the caller decides whether a failed append is retried, and as what.
 */
export class AppendTransactions {
  readonly #producer: TransactionalProducer;
  /** Resolves when the transactions before the next one have ended. */
  #tail: Promise<void> = Promise.resolve();

  constructor(connection: Connection) {
    const transactionalId = `${APPEND_ID_PREFIX}${randomUUID()}`;
    this.#producer = new TransactionalProducer(connection, transactionalId, TRANSACTION_TIMEOUT_MS);
  }

  /**
   * Writes all batches or none.
   * @returns the position of each of `count` records, in the order of the caller's list
   * @throws {MillraceError} PUBLISH_FAILED, PUBLISH_UNCERTAIN, EVENT_TOO_LARGE, TOPIC_MISSING
   */
  async write(
    batches: readonly PartitionBatch[],
    count: number,
    signal: AbortSignal,
  ): Promise<readonly Position[]> {
    const before = this.#tail;
    let release = (): void => {};
    this.#tail = new Promise((resolve) => {
      // A caller that gives up while it waits releases early; those behind it still wait for `before`.
      release = () => void before.then(resolve);
    });
    try {
      await withSignal(before, signal);
      if (!this.#producer.ready) await this.#producer.begin(signal);
      return await this.#producer.run(batches, count, undefined, signal);
    } catch (error) {
      throw asPublishError(error);
    } finally {
      release();
    }
  }
}

/** Readers never see the records of a transaction that was not committed, whether or not they were written. */
function asPublishError(error: unknown): MillraceError {
  const cause = error instanceof TransactionFailed ? error.cause : error;
  if (error instanceof TransactionFailed && error.outcome === 'uncertain') {
    return maybePublished(cause);
  }
  if (
    cause instanceof MillraceError &&
    (cause.code === 'EVENT_TOO_LARGE' || cause.code === 'TOPIC_MISSING')
  ) {
    return cause;
  }
  return nothingPublished(cause);
}
