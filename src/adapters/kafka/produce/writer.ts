import { withSignal } from '../../../core/async.js';
import { MillraceError } from '../../../core/errors.js';
import type { Topic } from '../../../core/ids.js';
import { type Position, partitionName } from '../../../core/position.js';
import type { NewRecord } from '../../../core/record.js';
import { recordBytes } from '../../../core/size.js';
import type { Connection } from '../wire/connection.js';
import { failureOf, retrying } from '../wire/failures.js';
import type { Portion } from '../wire/portions.js';
import { BATCH_OVERHEAD, type Layout, portionsOf } from '../wire/portions.js';
import { ProducerId } from '../wire/producer-id.js';
import { AppendTransactions } from './append-transactions.js';
import { writeAll } from './write-all.js';

export { writeAll } from './write-all.js';

/**
 * Appends with an idempotent producer. Calls that share a partition go one after the other, because a
 * sequence number belongs to one request at a time; calls that share none overlap.
 */
export class Writer {
  private producer: Promise<ProducerId> | undefined;
  private readonly tails = new Map<string, Promise<void>>();
  private readonly transactions: AppendTransactions;
  private turn = 0;

  constructor(
    private readonly connection: Connection,
    private readonly life: AbortSignal,
  ) {
    this.transactions = new AppendTransactions(connection);
  }

  async append(records: readonly NewRecord[], callerSignal: AbortSignal): Promise<readonly Position[]> {
    if (records.length === 0) return [];
    const signal = this.within(callerSignal);
    return this.write(await this.divided(records, signal), records.length, signal);
  }

  /** All records or none: in a transaction, unless they are one record batch, which the broker takes whole. */
  async appendAtomically(
    records: readonly NewRecord[],
    callerSignal: AbortSignal,
  ): Promise<readonly Position[]> {
    if (records.length === 0) return [];
    const signal = this.within(callerSignal);
    const portions = await this.divided(records, signal);
    return portions.length === 1
      ? this.write(portions, records.length, signal)
      : this.transactions.write(portions, records.length, signal);
  }

  private within(callerSignal: AbortSignal): AbortSignal {
    callerSignal.throwIfAborted();
    return AbortSignal.any([callerSignal, this.life]);
  }

  private divided(records: readonly NewRecord[], signal: AbortSignal): Promise<readonly Portion[]> {
    return beforeSending(() => divide(this.connection, records, () => this.turn++, signal));
  }

  private async write(
    portions: readonly Portion[],
    count: number,
    signal: AbortSignal,
  ): Promise<readonly Position[]> {
    const release = await this.reserve(portions, signal);
    try {
      const producer = await beforeSending(() => this.identity(signal));
      return await writeAll(this.connection, producer, portions, count, signal);
    } finally {
      release();
    }
  }

  /** Waits for the calls before this one that share a partition with it. */
  private async reserve(portions: readonly Portion[], signal: AbortSignal): Promise<() => void> {
    const names = new Set(portions.map(partitionName));
    const before = [...names].map((name) => this.tails.get(name));
    let done = (): void => {};
    const mine = Promise.all(before).then(
      () =>
        new Promise<void>((resolve) => {
          done = resolve;
          if (released) resolve();
        }),
    );
    let released = false;
    const release = (): void => {
      released = true;
      done();
      for (const name of names) if (this.tails.get(name) === mine) this.tails.delete(name);
    };
    for (const name of names) this.tails.set(name, mine);
    try {
      await beforeSending(() => withSignal(Promise.all(before), signal));
    } catch (error) {
      // Those behind still wait for the ones before: `mine` ends only after them.
      released = true;
      throw error;
    }
    return release;
  }

  /** The producer's identity; a new one when the old one's sequence numbers are in doubt. */
  private async identity(signal: AbortSignal): Promise<ProducerId> {
    const known = Promise.resolve(this.producer).catch(() => undefined);
    // D1: an identity that does not come, as from a broker that hangs, must not outlast the caller's deadline.
    const current = await withSignal(known, signal);
    if (current === undefined || current.spoiled) {
      const next = initialise(this.connection, this.life);
      this.producer = next;
      next.catch(() => {
        if (this.producer === next) this.producer = undefined;
      });
    }
    return withSignal(this.producer ?? this.identity(signal), signal);
  }
}

async function initialise(connection: Connection, signal: AbortSignal): Promise<ProducerId> {
  const { producerId, producerEpoch } = await retrying(async () => {
    const broker = await connection.anyBroker();
    return broker.initProducerId({ transactionTimeout: 30_000 });
  }, signal);
  return new ProducerId(producerId, producerEpoch, undefined);
}

/**
 * Puts each record to its partition.
 * @throws {MillraceError} EVENT_TOO_LARGE before anything is written: the broker would refuse the record after
 *   it has taken others of the same call
 */
export async function divide(
  connection: Connection,
  records: readonly NewRecord[],
  roundRobin: () => number,
  signal: AbortSignal,
): Promise<Portion[]> {
  const layouts = new Map<Topic, Layout>();
  for (const { topic } of records) {
    if (layouts.has(topic)) continue;
    const { leaders } = await connection.layout(topic, signal);
    layouts.set(topic, { partitions: leaders.size, limit: await connection.batchLimit(topic, signal) });
  }
  for (const record of records) {
    const { topic } = record;
    const limit = layouts.get(topic)?.limit ?? 0;
    const bytes = recordBytes(record) + BATCH_OVERHEAD;
    if (bytes <= limit) continue;
    const text = `A record of ${bytes} bytes is too large for ${topic}, which takes ${limit}`;
    throw new MillraceError('EVENT_TOO_LARGE', text, { details: { topic, limit } });
  }
  return portionsOf(records, layouts, roundRobin);
}

/** Whatever ends the work before anything was sent: none was written. */
async function beforeSending<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MillraceError && error.code !== 'LOG_UNAVAILABLE') throw error;
    throw new MillraceError('PUBLISH_FAILED', `Kafka was not reached: ${failureOf(error).message}`, {
      cause: error,
    });
  }
}
