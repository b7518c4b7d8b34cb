import { Deadline } from '../core/deadline.js';
import { MillraceError } from '../core/errors.js';
import type { Topic } from '../core/ids.js';
import type { Position } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import { refusalIn } from '../core/refusal.js';
import { recordBytes } from '../core/size.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventTracer } from '../observe/tracing/tracer.js';
import type { EventLog } from '../ports/event-log.js';
import { requireTransactions } from '../ports/transactional-commit.js';

interface BatcherOptions {
  /** How long an append may take, in milliseconds. */
  readonly deadline: number;
  /** How many records, and how many bytes of them, may be queued (C4). */
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
  /** The size of one request to the log at most, in bytes. */
  readonly maxBatchBytes: number;
  /** Called with what a request to the log failed on: clients see only what it means to them. */
  readonly onFailure?: (error: unknown) => void;
  readonly tracer?: EventTracer | undefined;
}

/** One call of `append`. */
interface QueuedAppend {
  /** One record, or several that are appended together or not at all. */
  readonly records: readonly NewRecord[];
  readonly bytes: number;
  /** By `performance.now`: setting the system clock neither shortens nor extends a deadline. */
  readonly expires: number;
  state: 'queued' | 'sent' | 'settled';
  resolve(positions: readonly Position[]): void;
  reject(error: unknown): void;
}

/**
 * Gathers records into requests to the log.
 *
 * - An idle batcher adds no delay: the first record is sent at the end of its tick. Records that arrive while a request
 *   is in flight share the next one.
 * - One request at a time: thereby the records of each key keep their order through the log's own retries.
 * - Records that are appended together or not at all are sent as transactions, which do not share a request with others.
 * - When the log refuses a request because of one record, nothing of it was written. The request is then sent again in
 *   halves, until only the record at fault fails. When it refuses access, the request is sent again by topic.
 */
export class Batcher implements AsyncDisposable {
  readonly #log: EventLog;
  readonly #options: BatcherOptions;
  readonly #metrics: Metrics;
  readonly #queue: QueuedAppend[] = [];
  /** Records in the queue, and their size. */
  #queuedRecords = 0;
  #queuedBytes = 0;
  /** Appends that are not settled, in order of arrival: the deadline of the first one passes next. */
  readonly #open = new Set<QueuedAppend>();
  #timer: NodeJS.Timeout | undefined;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(log: EventLog, options: BatcherOptions, metrics: Metrics) {
    this.#log = log;
    this.#options = options;
    this.#metrics = metrics;
  }

  /**
   * Appends records: several of them together or not at all. Resolves with their positions.
   * @throws {MillraceError} OVERLOADED at once when `maxWaiting` records or `maxWaitingBytes` are queued; SHUTTING_DOWN;
   *   what `EventLog.append` throws
   */
  append(records: readonly NewRecord[]): Promise<readonly Position[]> {
    if (this.#stop.signal.aborted) return Promise.reject(shuttingDown());
    const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
    const { maxWaiting, maxWaitingBytes } = this.#options;
    // C4: the queue is in memory. A record that is larger than the whole queue may be gets through when that is empty.
    const tooManyBytes = this.#queuedRecords > 0 && this.#queuedBytes + bytes > maxWaitingBytes;
    if (tooManyBytes || this.#queuedRecords + records.length > maxWaiting) {
      this.#metrics.publishFailures.inc({ code: 'OVERLOADED' });
      return Promise.reject(
        new MillraceError(
          'OVERLOADED',
          `${this.#queuedRecords} events are queued already; nothing was published. Retry later.`,
          {
            details: { retryAfter: 1 },
          },
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const expires = performance.now() + this.#options.deadline;
      const append: QueuedAppend = { records, bytes, expires, state: 'queued', resolve, reject };
      this.#queue.push(append);
      this.#open.add(append);
      this.#countQueued(records.length, bytes);
      this.#watch();
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    // Every mutation of this tick shares the request.
    await new Promise(setImmediate);
    while (this.#queue.length > 0) await this.#send(this.#take());
    this.#running = undefined;
  }

  /** Takes as many as fit into one request. A record that is too large is sent alone, and fails alone. */
  #take(): readonly QueuedAppend[] {
    const isTransaction = (this.#queue[0]?.records.length ?? 1) > 1;
    let bytes = 0;
    let count = 0;
    for (const append of this.#queue) {
      if (count > 0 && bytes + append.bytes > this.#options.maxBatchBytes) break;
      if (append.records.length > 1 !== isTransaction) break;
      bytes += append.bytes;
      count += 1;
    }
    const taken = this.#queue.splice(0, count);
    this.#countQueued(-taken.reduce((sum, { records }) => sum + records.length, 0), -bytes);
    return taken;
  }

  async #send(taken: readonly QueuedAppend[]): Promise<void> {
    const batch = taken.filter(({ state }) => state !== 'settled');
    const last = batch.at(-1);
    if (last === undefined) return;
    for (const append of batch) append.state = 'sent';
    const records = batch.flatMap((append) => append.records);
    // The request has the latest deadline of its appends. Those with an earlier one fail by then (`#watch`).
    using deadline = new Deadline(Math.max(1, last.expires - performance.now()));
    try {
      this.#metrics.publishBatches.inc();
      const sending =
        last.records.length > 1
          ? requireTransactions(this.#log, 'mutations that publish several events').appendAtomically(
              records,
              deadline.signal,
            )
          : this.#log.append(records, deadline.signal);
      const spans = this.#options.tracer?.send(records);
      const positions = await (spans === undefined ? sending : spans.during(sending));
      if (positions.length !== records.length)
        throw new Error('The log answered with fewer positions than records');
      let from = 0;
      const published = new Map<Topic, number>();
      for (const append of batch) {
        const until = from + append.records.length;
        const ofAppend = positions.slice(from, until);
        from = until;
        if (this.#settle(append) === undefined) continue;
        for (const { topic } of ofAppend) published.set(topic, (published.get(topic) ?? 0) + 1);
        append.resolve(ofAppend);
      }
      // Once for each request: a metric with labels takes longer than a position.
      for (const [topic, count] of published) this.#metrics.published.inc({ topic }, count);
    } catch (error) {
      const parts = partsToRetry(batch, error);
      if (parts.length > 1) {
        for (const append of batch) if (append.state === 'sent') append.state = 'queued';
        for (const part of parts) await this.#send(part);
        return;
      }
      this.#options.onFailure?.(error);
      for (const append of batch) this.#fail(append, error);
    }
  }

  /** D1: answers each mutation by its own deadline, whatever else its request carries. One timer for all of them. */
  #watch(): void {
    if (this.#timer !== undefined) return;
    const [first] = this.#open;
    if (first === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        const now = performance.now();
        for (const append of this.#open) {
          if (append.expires > now) break;
          if (append.state === 'queued') this.#withdraw(append);
          else this.#fail(append, uncertain(new Error('The deadline passed.')));
        }
        this.#watch();
      },
      Math.max(1, first.expires - performance.now()),
    );
    this.#timer.unref();
  }

  /** Takes an append that was not sent out of the queue: it is certain that nothing was published. */
  #withdraw(append: QueuedAppend): void {
    const index = this.#queue.indexOf(append);
    if (index >= 0) {
      this.#queue.splice(index, 1);
      this.#countQueued(-append.records.length, -append.bytes);
    }
    this.#fail(append, neverSent());
  }

  #countQueued(records: number, bytes: number): void {
    this.#queuedRecords += records;
    this.#queuedBytes += bytes;
    this.#metrics.publishWaiting.set(this.#queuedRecords);
  }

  /** @returns `undefined` when it was settled before */
  #settle(append: QueuedAppend): QueuedAppend | undefined {
    if (append.state === 'settled') return undefined;
    append.state = 'settled';
    this.#open.delete(append);
    if (this.#open.size === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    return append;
  }

  #fail(append: QueuedAppend, error: unknown): void {
    const known = error instanceof MillraceError ? error : uncertain(error);
    if (this.#settle(append) === undefined) return;
    this.#metrics.publishFailures.inc({ code: known.code });
    append.reject(known);
  }

  /** Waits for the request in flight. Refuses what was not sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const append of this.#queue.splice(0)) this.#fail(append, shuttingDown());
    this.#countQueued(-this.#queuedRecords, -this.#queuedBytes);
    await this.#running;
  }
}

/**
 * How to send a request again of which nothing was written, because of some of its records. One part or none: not at all.
 * In halves, until a record at fault is alone: log2(n) requests more, not n. By topic when access is refused, because the
 * others may be allowed.
 */
function partsToRetry(batch: readonly QueuedAppend[], error: unknown): readonly (readonly QueuedAppend[])[] {
  if (!(error instanceof MillraceError) || batch.length === 1) return [];
  if (error.code === 'EVENT_TOO_LARGE' || error.code === 'TOPIC_MISSING') {
    const middle = batch.length >> 1;
    return [batch.slice(0, middle), batch.slice(middle)];
  }
  if (error.code !== 'PUBLISH_FAILED' || refusalIn(error) === undefined) return [];
  const byTopics = new Map<string, QueuedAppend[]>();
  for (const append of batch) {
    const topics = [...new Set(append.records.map(({ topic }) => topic))].join(' ');
    const part = byTopics.get(topics);
    if (part === undefined) byTopics.set(topics, [append]);
    else part.push(append);
  }
  return [...byTopics.values()];
}

const shuttingDown = (): MillraceError =>
  new MillraceError('SHUTTING_DOWN', 'This node is shutting down; nothing was published.');
const neverSent = (): MillraceError =>
  new MillraceError('PUBLISH_FAILED', 'The log did not answer within the deadline; nothing was published.');
const uncertain = (cause: unknown): MillraceError =>
  new MillraceError('PUBLISH_UNCERTAIN', 'The log failed in an unknown way; the event may be published.', {
    cause,
  });
