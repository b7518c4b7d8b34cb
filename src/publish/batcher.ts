import { Deadline } from '../core/deadline.js';
import { MillraceError } from '../core/errors.js';
import type { Position } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventLog } from '../ports/event-log.js';

export interface BatcherOptions {
  readonly deadline: number;
  readonly maxWaiting: number;
  readonly maxBatchBytes: number;
}

interface Waiting {
  readonly record: NewRecord;
  readonly bytes: number;
  /** By `performance.now`: a clock that is set neither ends a mutation early nor keeps it. */
  readonly expires: number;
  resolve(position: Position): void;
  reject(error: unknown): void;
}

/**
 * Gathers what waits into one request to the log. Nothing is delayed when idle: the first record goes at
 * the end of its turn of the event loop, and whatever comes while a request is under way goes together in
 * the next one. One request at a time keeps the order of each key through the log's own retries.
 */
export class Batcher implements AsyncDisposable {
  readonly #log: EventLog;
  readonly #options: BatcherOptions;
  readonly #metrics: Metrics;
  readonly #waiting: Waiting[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(log: EventLog, options: BatcherOptions, metrics: Metrics) {
    this.#log = log;
    this.#options = options;
    this.#metrics = metrics;
  }

  /**
   * @throws {MillraceError} OVERLOADED at once when `maxWaiting` records wait; SHUTTING_DOWN; what
   *   `EventLog.append` throws
   */
  append(record: NewRecord): Promise<Position> {
    if (this.#stop.signal.aborted) return Promise.reject(shuttingDown());
    if (this.#waiting.length >= this.#options.maxWaiting) {
      this.#metrics.publishFailures.inc({ code: 'OVERLOADED' });
      return Promise.reject(
        new MillraceError('OVERLOADED', `${this.#waiting.length} events wait to be published already.`, {
          details: { retryAfter: 1 },
        }),
      );
    }
    return new Promise((resolve, reject) => {
      const expires = performance.now() + this.#options.deadline;
      this.#waiting.push({ record, bytes: sizeOf(record), expires, resolve, reject });
      this.#metrics.publishWaiting.set(this.#waiting.length);
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
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && bytes + waiting.bytes > this.#options.maxBatchBytes) break;
      bytes += waiting.bytes;
      count += 1;
    }
    const taken = this.#waiting.splice(0, count);
    this.#metrics.publishWaiting.set(this.#waiting.length);
    return taken;
  }

  async #send(taken: readonly Waiting[]): Promise<void> {
    const now = performance.now();
    const batch = taken.filter((waiting) => waiting.expires > now);
    for (const late of taken) if (late.expires <= now) this.#fail(late, neverSent());
    const [first] = batch;
    if (first === undefined) return;
    // Records are in order of arrival, so the first one's deadline is the earliest of the request.
    using deadline = new Deadline(Math.max(1, first.expires - now));
    try {
      this.#metrics.publishBatches.inc();
      const positions = await this.#log.append(
        batch.map(({ record }) => record),
        deadline.signal,
      );
      for (const [i, waiting] of batch.entries()) {
        const position = positions[i];
        if (position === undefined) throw new Error('The log answered with fewer positions than records');
        waiting.resolve(position);
      }
    } catch (error) {
      if (batch.length > 1 && concernsOne(error)) {
        // Nothing was written: each goes by itself, so that only the one at fault fails.
        for (const waiting of batch) await this.#send([waiting]);
        return;
      }
      for (const waiting of batch) this.#fail(waiting, error);
    }
  }

  #fail(waiting: Waiting, error: unknown): void {
    const known = error instanceof MillraceError ? error : uncertain(error);
    this.#metrics.publishFailures.inc({ code: known.code });
    waiting.reject(known);
  }

  /** Lets the request under way end; what has not been sent is refused. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const waiting of this.#waiting.splice(0)) this.#fail(waiting, shuttingDown());
    await this.#running;
  }
}

function concernsOne(error: unknown): boolean {
  return (
    error instanceof MillraceError && (error.code === 'EVENT_TOO_LARGE' || error.code === 'TOPIC_MISSING')
  );
}

function sizeOf({ key, value, headers }: NewRecord): number {
  let bytes = 64 + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, content] of Object.entries(headers)) bytes += name.length + content.length + 4;
  return bytes;
}

const shuttingDown = (): MillraceError =>
  new MillraceError('SHUTTING_DOWN', 'This node is going away; nothing was published.');
const neverSent = (): MillraceError =>
  new MillraceError('PUBLISH_FAILED', 'The log did not answer within the deadline; nothing was published.');
const uncertain = (cause: unknown): MillraceError =>
  new MillraceError('PUBLISH_UNCERTAIN', 'The log failed in an unknown way; the event may be there.', {
    cause,
  });
