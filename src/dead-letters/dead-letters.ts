import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { retry } from '../core/async.js';
import { Deadline } from '../core/deadline.js';
import { type Position, partitionName, placeName } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import { WarningThrottle } from '../observe/warning-throttle.js';
import type { EventLog } from '../ports/event-log.js';
import { appendDeadLetters } from './append.js';
import { deadLetterRecord, type Fault, shortReason, withoutParts } from './dead-letter.js';
import { byPartition, readOriginals } from './originals.js';

export interface DeadLettersOptions {
  readonly log: EventLog;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** How many faults may wait to be written (1,000): those that come then are only counted (C4). */
  readonly maxWaiting?: number;
  /** How many faults are remembered, so that a replay does not write them again (10,000). */
  readonly remember?: number;
}

/** An event that a field could not show. */
export interface FailedEvent extends Position {
  readonly key: string | null;
  /** The log's timestamp of the event. */
  readonly timestamp: number;
  readonly fault: Fault & { readonly field: string };
}

/** How many letters one request has at the most: their records are in memory together. */
const BATCH = 32;
/** How long one try may take. */
const TRY_WITHIN = 30_000;
/** How long the end of a node waits for letters that are not written yet. */
const END_WITHIN = 5_000;

/**
 * Sets aside events that subscriptions of this node fail on (D10): in the background, so that nobody waits
 * for it, and once for each event and field, however many cohorts and replays meet it. What waits are places
 * and reasons; the records are read again from the log, so that a letter has them as they were.
 */
export class DeadLetters implements AsyncDisposable {
  readonly #options: DeadLettersOptions;
  readonly #known: LRUCache<string, true>;
  readonly #waiting: FailedEvent[] = [];
  readonly #stop = new AbortController();
  readonly #warnings: WarningThrottle;
  #working: Promise<void> | undefined;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
    this.#known = new LRUCache({ max: options.remember ?? 10_000 });
    this.#warnings = new WarningThrottle(options.logger);
  }

  add(failed: FailedEvent): void {
    // With its time: another topic of the same name has other events there.
    const name = `${placeName(failed)} ${failed.timestamp} ${failed.fault.field}`;
    if (this.#known.has(name) || this.#stop.signal.aborted) return;
    if (this.#waiting.length >= (this.#options.maxWaiting ?? 1_000)) {
      // Not remembered: a replay may bring it when there is room.
      this.#options.metrics.deadLettersRefused.inc({ topic: failed.topic });
      return;
    }
    this.#known.set(name, true);
    const { fault } = failed;
    this.#waiting.push({ ...failed, fault: { ...fault, reason: shortReason(fault.reason) } });
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    const { signal } = this.#stop;
    // What fails in one turn is written together.
    await nextTurn();
    while (this.#waiting.length > 0 && !signal.aborted) {
      const batch = this.#waiting.slice(0, BATCH);
      try {
        await retry(() => this.#write(batch), { signal, onFailure: (error) => this.#problem(error, batch) });
      } catch {
        break; // Stopped: whoever disposes says what is left.
      }
      this.#waiting.splice(0, batch.length);
      for (const { topic } of batch) this.#options.metrics.deadLetters.inc({ topic });
    }
    // In the same turn as the look at what waits, so that nothing is added unseen.
    this.#working = undefined;
  }

  async #write(batch: readonly FailedEvent[]): Promise<void> {
    const letters: NewRecord[] = [];
    for (const places of byPartition(batch)) letters.push(...(await this.#letters(places)));
    await appendDeadLetters(this.#options.log, letters, this.#stop.signal);
  }

  async #letters(places: readonly FailedEvent[]): Promise<readonly NewRecord[]> {
    const [first] = places;
    if (first === undefined) return [];
    const { topic, partition } = first;
    using deadline = new Deadline(TRY_WITHIN);
    const signal = AbortSignal.any([this.#stop.signal, deadline.signal]);
    const offsets = places.map(({ offset }) => offset);
    const found = await readOriginals(this.#options.log, { topic, partition }, offsets, signal);
    return places.map((failed) => {
      const record = found.get(failed.offset);
      if (record?.timestamp === failed.timestamp) return deadLetterRecord(failed, record, failed.fault);
      // Compaction or retention was quicker.
      const { key, timestamp } = failed;
      const rest = deadLetterRecord(failed, { key, timestamp, headers: {}, value: null }, failed.fault);
      return withoutParts(rest, ['value', 'headers']);
    });
  }

  #problem(error: unknown, [first]: readonly FailedEvent[]): void {
    this.#options.metrics.problems.inc({ kind: 'dead-letter' });
    this.#warnings.report('dead-letter', error, 'dead letters could not be written; it is tried again', {
      partition: first && partitionName(first),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#stop.abort(new Error('The node ends')), END_WITHIN);
    await this.#working;
    clearTimeout(timer);
    this.#stop.abort(new Error('The node ends'));
    const letters = this.#waiting.length;
    if (letters > 0) this.#options.logger.warn({ letters }, 'the node ended before these were written');
    this.#warnings[Symbol.dispose]();
  }
}
