import { withSignal } from '../../../core/async.js';
import { MillraceError } from '../../../core/errors.js';
import { type Position, partitionName } from '../../../core/position.js';
import type { NewRecord } from '../../../core/record.js';
import type { Connection } from '../wire/connection.js';
import { nothingPublished } from '../wire/failures.js';
import type { PartitionBatch } from '../wire/partition-batch.js';
import { ProducerId } from '../wire/producer-id.js';
import { AppendTransactions } from './append-transactions.js';
import { splitByPartition } from './split-by-partition.js';
import { writeAll } from './write-all.js';

/** Kafka wants it with every identity. Without a transactional id it has no effect. */
const UNUSED_TRANSACTION_TIMEOUT_MS = 30_000;

/**
 * Appends with an idempotent producer. Calls that share a partition run one after the other, because a sequence
 * number belongs to one request at a time; calls that share none overlap.
 */
export class Writer {
  readonly #connection: Connection;
  readonly #closed: AbortSignal;
  readonly #transactions: AppendTransactions;
  #producer: Promise<ProducerId> | undefined;
  /** By partition: settles when the last call that reserved it has ended. */
  readonly #tails = new Map<string, Promise<void>>();
  /** Counts the records without a key, which take the partitions in turn. */
  #roundRobin = 0;

  constructor(connection: Connection, closed: AbortSignal) {
    this.#connection = connection;
    this.#closed = closed;
    this.#transactions = new AppendTransactions(connection);
  }

  async append(records: readonly NewRecord[], callerSignal: AbortSignal): Promise<readonly Position[]> {
    if (records.length === 0) return [];
    const signal = this.#untilClosed(callerSignal);
    return this.#write(await this.#split(records, signal), records.length, signal);
  }

  /** Appends all records or none: in a transaction, unless they are one record batch, which is atomic by itself. */
  async appendAtomically(
    records: readonly NewRecord[],
    callerSignal: AbortSignal,
  ): Promise<readonly Position[]> {
    if (records.length === 0) return [];
    const signal = this.#untilClosed(callerSignal);
    const batches = await this.#split(records, signal);
    return batches.length === 1
      ? this.#write(batches, records.length, signal)
      : this.#transactions.write(batches, records.length, signal);
  }

  #untilClosed(callerSignal: AbortSignal): AbortSignal {
    callerSignal.throwIfAborted();
    return AbortSignal.any([callerSignal, this.#closed]);
  }

  #split(records: readonly NewRecord[], signal: AbortSignal): Promise<readonly PartitionBatch[]> {
    return beforeSending(() => splitByPartition(this.#connection, records, () => this.#roundRobin++, signal));
  }

  async #write(
    batches: readonly PartitionBatch[],
    count: number,
    signal: AbortSignal,
  ): Promise<readonly Position[]> {
    const release = await this.#reserve(batches, signal);
    try {
      const producer = await beforeSending(() => this.#identity(batches, signal));
      return await writeAll(this.#connection, producer, batches, count, signal);
    } finally {
      release();
    }
  }

  /**
   * Waits for the earlier calls that share a partition with this one.
   * @returns a function that lets the next ones go
   */
  async #reserve(batches: readonly PartitionBatch[], signal: AbortSignal): Promise<() => void> {
    const names = new Set(batches.map(partitionName));
    const before = [...names].map((name) => this.#tails.get(name));
    let released = false;
    let finish = (): void => {};
    const tail = Promise.all(before).then(
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
          if (released) resolve();
        }),
    );
    for (const name of names) this.#tails.set(name, tail);
    try {
      await beforeSending(() => withSignal(Promise.all(before), signal));
    } catch (error) {
      // This caller gives up while earlier calls still write. `tail` settles only after them, so that the calls
      // behind this one do not overtake them: two requests would use the same sequence number.
      released = true;
      throw error;
    }
    return () => {
      released = true;
      finish();
      for (const name of names) if (this.#tails.get(name) === tail) this.#tails.delete(name);
    };
  }

  /** The producer's identity; a new one when the sequence numbers of the old one are in doubt. */
  async #identity(batches: readonly PartitionBatch[], signal: AbortSignal): Promise<ProducerId> {
    const known = Promise.resolve(this.#producer).catch(() => undefined);
    // D1: a broker that hangs, and never gives an identity, must not outlast the caller's deadline.
    const current = await withSignal(known, signal);
    if (current === undefined || current.spoiled) {
      const next = initialise(this.#connection, batches, this.#closed);
      this.#producer = next;
      next.catch(() => {
        if (this.#producer === next) this.#producer = undefined;
      });
    }
    return withSignal(this.#producer ?? this.#identity(batches, signal), signal);
  }
}

/** @param batches what needs the identity first: if Kafka refuses it, and they are of one topic, the refusal names that */
async function initialise(
  connection: Connection,
  batches: readonly PartitionBatch[],
  signal: AbortSignal,
): Promise<ProducerId> {
  const topics = new Set(batches.map(({ topic }) => topic));
  const [only = ''] = topics.size === 1 ? topics : [];
  const { producerId, producerEpoch } = await connection.retrying(
    async () => {
      const broker = await connection.anyBroker();
      return broker.initProducerId({ transactionTimeout: UNUSED_TRANSACTION_TIMEOUT_MS });
    },
    signal,
    [{ on: 'any topic', name: only, right: 'WRITE' }],
  );
  return new ProducerId(producerId, producerEpoch, undefined);
}

/** Runs work that sends no record yet: whatever ends it, nothing was written. */
async function beforeSending<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MillraceError && error.code !== 'LOG_UNAVAILABLE') throw error;
    throw nothingPublished(error);
  }
}
