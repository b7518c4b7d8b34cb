import { Deadline } from '../core/deadline.js';
import { MillraceError } from '../core/errors.js';
import type { Position } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import { recordBytes } from '../core/size.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventLog } from '../ports/event-log.js';
import { requireTransactions } from '../ports/transactional-commit.js';

export interface BatcherOptions {
  readonly deadline: number;
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
  readonly maxBatchBytes: number;
}

interface Waiting {
  /** One, or several that are appended together or not at all. */
  readonly records: readonly NewRecord[];
  readonly bytes: number;
  /** By `performance.now`: a clock that is set neither ends a mutation early nor keeps it. */
  readonly expires: number;
  state: 'waiting' | 'sent' | 'settled';
  resolve(positions: readonly Position[]): void;
  reject(error: unknown): void;
}

/**
 * Gathers what waits into one request to the log. Nothing is delayed when idle: the first record goes at
 * the end of its turn of the event loop, and whatever comes while a request is under way goes together in
 * the next one. One request at a time keeps the order of each key through the log's own retries. What is
 * to be appended together goes in requests of its own: those are transactions.
 */
export class Batcher implements AsyncDisposable {
  readonly #log: EventLog;
  readonly #options: BatcherOptions;
  readonly #metrics: Metrics;
  readonly #waiting: Waiting[] = [];
  /** How many records wait. */
  #count = 0;
  #bytes = 0;
  /** What was not answered yet, in order of arrival: the first one's deadline is the next to pass. */
  readonly #open = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(log: EventLog, options: BatcherOptions, metrics: Metrics) {
    this.#log = log;
    this.#options = options;
    this.#metrics = metrics;
  }

  /**
   * Resolves with where each of `records` is; several are appended together or not at all.
   * @throws {MillraceError} OVERLOADED at once when `maxWaiting` records or `maxWaitingBytes` wait;
   *   SHUTTING_DOWN; what `EventLog.append` throws
   */
  append(records: readonly NewRecord[]): Promise<readonly Position[]> {
    if (this.#stop.signal.aborted) return Promise.reject(shuttingDown());
    const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
    const { maxWaiting, maxWaitingBytes } = this.#options;
    // C4: whatever waits is held in memory. What is larger than all that may wait can go when nothing does.
    const tooMuch = this.#count > 0 && this.#bytes + bytes > maxWaitingBytes;
    if (tooMuch || this.#count + records.length > maxWaiting) {
      this.#metrics.publishFailures.inc({ code: 'OVERLOADED' });
      return Promise.reject(
        new MillraceError(
          'OVERLOADED',
          `${this.#count} events are queued already; nothing was published. Retry later.`,
          {
            details: { retryAfter: 1 },
          },
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const expires = performance.now() + this.#options.deadline;
      const waiting: Waiting = { records, bytes, expires, state: 'waiting', resolve, reject };
      this.#waiting.push(waiting);
      this.#open.add(waiting);
      this.#counted(records.length, bytes);
      this.#watch();
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    // One turn of the loop: every mutation of the turn shares the request.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#send(this.#take());
    this.#running = undefined;
  }

  /** As many as fit one request; a record that is too large by itself goes alone and fails alone. */
  #take(): readonly Waiting[] {
    const together = (this.#waiting[0]?.records.length ?? 1) > 1;
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && bytes + waiting.bytes > this.#options.maxBatchBytes) break;
      if (waiting.records.length > 1 !== together) break;
      bytes += waiting.bytes;
      count += 1;
    }
    const taken = this.#waiting.splice(0, count);
    this.#counted(-taken.reduce((sum, { records }) => sum + records.length, 0), -bytes);
    return taken;
  }

  async #send(taken: readonly Waiting[]): Promise<void> {
    const batch = taken.filter(({ state }) => state !== 'settled');
    const last = batch.at(-1);
    if (last === undefined) return;
    for (const waiting of batch) waiting.state = 'sent';
    const records = batch.flatMap((waiting) => waiting.records);
    // Those whose deadline passes earlier are told so then; the others' records are still on their way.
    using deadline = new Deadline(Math.max(1, last.expires - performance.now()));
    try {
      this.#metrics.publishBatches.inc();
      const positions =
        last.records.length > 1
          ? await requireTransactions(this.#log, 'mutations that publish several events').appendAtomically(
              records,
              deadline.signal,
            )
          : await this.#log.append(records, deadline.signal);
      if (positions.length !== records.length)
        throw new Error('The log answered with fewer positions than records');
      let from = 0;
      for (const waiting of batch) {
        const until = from + waiting.records.length;
        this.#settle(waiting)?.resolve(positions.slice(from, until));
        from = until;
      }
    } catch (error) {
      if (batch.length > 1 && concernsOne(error)) {
        // Nothing was written: each half goes by itself, and so on, so that only the one at fault fails.
        for (const waiting of batch) if (waiting.state === 'sent') waiting.state = 'waiting';
        const middle = batch.length >> 1;
        await this.#send(batch.slice(0, middle));
        await this.#send(batch.slice(middle));
        return;
      }
      for (const waiting of batch) this.#fail(waiting, error);
    }
  }

  /** D1: a mutation is answered by its own deadline, whatever else its request carries. */
  #watch(): void {
    if (this.#timer !== undefined) return;
    const [first] = this.#open;
    if (first === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        const now = performance.now();
        for (const waiting of this.#open) {
          if (waiting.expires > now) break;
          if (waiting.state === 'waiting') this.#withdraw(waiting);
          else this.#fail(waiting, uncertain(new Error('The deadline passed.')));
        }
        this.#watch();
      },
      Math.max(1, first.expires - performance.now()),
    );
    this.#timer.unref();
  }

  #withdraw(waiting: Waiting): void {
    const index = this.#waiting.indexOf(waiting);
    if (index >= 0) {
      this.#waiting.splice(index, 1);
      this.#counted(-waiting.records.length, -waiting.bytes);
    }
    this.#fail(waiting, neverSent());
  }

  #counted(change: number, bytes: number): void {
    this.#count += change;
    this.#bytes += bytes;
    this.#metrics.publishWaiting.set(this.#count);
  }

  /** @returns it, the first time */
  #settle(waiting: Waiting): Waiting | undefined {
    if (waiting.state === 'settled') return undefined;
    waiting.state = 'settled';
    this.#open.delete(waiting);
    if (this.#open.size === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    return waiting;
  }

  #fail(waiting: Waiting, error: unknown): void {
    const known = error instanceof MillraceError ? error : uncertain(error);
    if (this.#settle(waiting) === undefined) return;
    this.#metrics.publishFailures.inc({ code: known.code });
    waiting.reject(known);
  }

  /** Lets the request under way end; what has not been sent is refused. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const waiting of this.#waiting.splice(0)) this.#fail(waiting, shuttingDown());
    this.#counted(-this.#count, -this.#bytes);
    await this.#running;
  }
}

function concernsOne(error: unknown): boolean {
  return (
    error instanceof MillraceError && (error.code === 'EVENT_TOO_LARGE' || error.code === 'TOPIC_MISSING')
  );
}

const shuttingDown = (): MillraceError =>
  new MillraceError('SHUTTING_DOWN', 'This node is shutting down; nothing was published.');
const neverSent = (): MillraceError =>
  new MillraceError('PUBLISH_FAILED', 'The log did not answer within the deadline; nothing was published.');
const uncertain = (cause: unknown): MillraceError =>
  new MillraceError('PUBLISH_UNCERTAIN', 'The log failed in an unknown way; the event may be published.', {
    cause,
  });
