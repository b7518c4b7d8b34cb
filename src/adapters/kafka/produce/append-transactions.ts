import { randomUUID } from 'node:crypto';
import { withSignal } from '../../../core/async.js';
import { Deadline } from '../../../core/deadline.js';
import { MillraceError } from '../../../core/errors.js';
import type { Position } from '../../../core/position.js';
import type { Connection } from '../wire/connection.js';
import { failureOf } from '../wire/failures.js';
import { type Broker, TRANSACTION_COORDINATOR } from '../wire/internals.js';
import type { Portion } from '../wire/portions.js';
import { ProducerId } from '../wire/producer-id.js';
import { writeAll } from './write-all.js';

/** A transaction whose writer died is aborted by the broker after this long; readers wait until then. */
const TRANSACTION_TIMEOUT = 15_000;
/** How long it is tried to abort what failed: the next transaction, or else the broker, does so too. */
const ABORT_WITHIN = 5_000;

/**
 * Transactions of appends alone, one at a time. The transactional id is this object's own, so nobody is
 * fenced: what an append is retried as is decided by the one who asked for it.
 */
export class AppendTransactions {
  private producer: ProducerId | undefined;
  private tail: Promise<void> = Promise.resolve();
  private readonly transactionalId = `millrace-append-${randomUUID()}`;

  constructor(private readonly connection: Connection) {}

  /**
   * Writes all portions or none.
   * @returns where each of `count` records is
   * @throws {MillraceError} PUBLISH_FAILED, PUBLISH_UNCERTAIN, EVENT_TOO_LARGE, TOPIC_MISSING
   */
  async write(
    portions: readonly Portion[],
    count: number,
    signal: AbortSignal,
  ): Promise<readonly Position[]> {
    const before = this.tail;
    let release = (): void => {};
    this.tail = new Promise((resolve) => {
      release = () => void before.then(resolve);
    });
    try {
      await withSignal(before, signal).catch((error: unknown) => {
        throw nothingWritten(error);
      });
      return await this.transact(portions, count, signal);
    } finally {
      release();
    }
  }

  private async transact(
    portions: readonly Portion[],
    count: number,
    signal: AbortSignal,
  ): Promise<readonly Position[]> {
    let committing = false;
    try {
      this.producer ??= await this.begin(signal);
      const { producer } = this;
      const transaction = this.of(producer);
      const topics = [...new Set(portions.map(({ topic }) => topic))].map((topic) => {
        const mine = portions.filter((one) => one.topic === topic).map(({ partition }) => partition);
        return { topic, partitions: [...new Set(mine)] };
      });
      await this.coordinate((one) => one.addPartitionsToTxn({ ...transaction, topics }), signal);
      const positions = await writeAll(this.connection, producer, portions, count, signal);
      committing = true;
      await this.end(producer, true, signal);
      return positions;
    } catch (error) {
      const { producer } = this;
      // The next transaction begins anew, which ends whatever this one leaves open.
      this.producer = undefined;
      // D1: whatever the answer to a commit was, an earlier try of it may have succeeded.
      if (committing) throw uncertain(error);
      if (producer !== undefined) {
        using soon = new Deadline(ABORT_WITHIN);
        await this.end(producer, false, soon.signal).catch(() => {});
      }
      throw nothingWritten(error);
    }
  }

  private async begin(signal: AbortSignal): Promise<ProducerId> {
    const { transactionalId } = this;
    const { producerId, producerEpoch } = await this.coordinate(
      (one) => one.initProducerId({ transactionalId, transactionTimeout: TRANSACTION_TIMEOUT }),
      signal,
    );
    return new ProducerId(producerId, producerEpoch, transactionalId);
  }

  private async end(producer: ProducerId, transactionResult: boolean, signal: AbortSignal): Promise<void> {
    await this.coordinate((one) => one.endTxn({ ...this.of(producer), transactionResult }), signal);
  }

  private of({ id, epoch }: ProducerId) {
    return { transactionalId: this.transactionalId, producerId: id, producerEpoch: epoch };
  }

  private coordinate<T>(request: (coordinator: Broker) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.connection.askCoordinator(this.transactionalId, TRANSACTION_COORDINATOR, request, signal);
  }
}

/** Records of a transaction that is not committed are never read, whether or not they were written. */
function nothingWritten(error: unknown): MillraceError {
  const known = error instanceof MillraceError ? error.code : undefined;
  if (error instanceof MillraceError && (known === 'EVENT_TOO_LARGE' || known === 'TOPIC_MISSING'))
    return error;
  const text = `The transaction was not committed: ${failureOf(error).message}`;
  return new MillraceError('PUBLISH_FAILED', text, { cause: error });
}

function uncertain(cause: unknown): MillraceError {
  const text = `The transaction may or may not have been committed: ${failureOf(cause).message}`;
  return new MillraceError('PUBLISH_UNCERTAIN', text, { cause });
}
