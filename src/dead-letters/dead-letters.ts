import { setImmediate as nextTurn } from 'node:timers/promises';
import { retry } from '../core/async.js';
import { Deadline } from '../core/deadline.js';
import { recordKey } from '../core/envelope/record-key.js';
import { KeyFormatError } from '../core/key-format.js';
import { type Position, partitionName, positionName } from '../core/position.js';
import { RecentIds } from '../core/recent-ids.js';
import type { NewRecord } from '../core/record.js';
import { DEFAULT_FORMAT, type TopicFormats } from '../core/topic-format.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import { WarningThrottle } from '../observe/warning-throttle.js';
import type { EventLog } from '../ports/event-log.js';
import { appendDeadLetters } from './append.js';
import { deadLetterRecord, type Fault, shortReason, withoutParts } from './dead-letter.js';
import { byPartition, readOriginals } from './originals.js';

interface DeadLettersOptions {
  readonly log: EventLog;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** How the keys of each topic read. */
  readonly formats?: TopicFormats | undefined;
  /** What the names of dead-letter topics end with (`.dlt`). */
  readonly suffix?: string | undefined;
  /** How many failures may be queued (1,000). Further ones are only counted (C4). */
  readonly maxQueued?: number;
}

/** An event that a Subscription field failed on. */
export interface FailedEvent extends Position {
  /** The event's subject. */
  readonly key: string | null;
  /** The log's timestamp of the event. */
  readonly timestamp: number;
  readonly fault: Fault & { readonly field: string };
}

const MAX_QUEUED = 1_000;
/** How many failures are remembered, so that a replay does not write them again. */
const MAX_REMEMBERED = 10_000;
/** How many dead letters one request appends: their records are in memory at the same time. */
const MAX_BATCH = 32;
const READ_DEADLINE_MS = 30_000;
/** How long the shutdown of a node waits for the queue to be written. */
const SHUTDOWN_DEADLINE_MS = 5_000;

/**
 * D10: writes dead letters for events that subscriptions of this node fail on. It works in the background, so
 * that no subscription waits for it, and writes one for each event and field, however many cohorts and
 * replays meet the failure. The queue holds positions and reasons only; the records are read from the log
 * again, so that a dead letter has them as they were.
 */
export class DeadLetters implements AsyncDisposable {
  readonly #options: DeadLettersOptions;
  readonly #known = new RecentIds<true>(MAX_REMEMBERED);
  readonly #queue: FailedEvent[] = [];
  readonly #stop = new AbortController();
  readonly #warnings: WarningThrottle;
  /** Defined while the queue is being written. */
  #writing: Promise<void> | undefined;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
    this.#warnings = new WarningThrottle(options.logger);
  }

  add(failed: FailedEvent): void {
    // The timestamp is part of it: a recreated topic has other events at the same positions.
    const name = `${positionName(failed)} ${failed.timestamp} ${failed.fault.field}`;
    if (this.#known.has(name) || this.#stop.signal.aborted) return;
    if (this.#queue.length >= (this.#options.maxQueued ?? MAX_QUEUED)) {
      // Not remembered: a replay may add it when there is room.
      this.#options.metrics.deadLettersRefused.inc({ topic: failed.topic });
      return;
    }
    this.#known.add(name, true);
    const { fault } = failed;
    this.#queue.push({ ...failed, fault: { ...fault, reason: shortReason(fault.reason) } });
    this.#writing ??= this.#writeQueue();
  }

  async #writeQueue(): Promise<void> {
    const { signal } = this.#stop;
    // Failures of one turn of the event loop are written together.
    await nextTurn();
    while (this.#queue.length > 0 && !signal.aborted) {
      const batch = this.#queue.slice(0, MAX_BATCH);
      try {
        await retry(() => this.#write(batch), {
          signal,
          onFailure: (error) => this.#reportFailure(error, batch),
        });
      } catch {
        break; // Stopped. Disposing reports what is left in the queue.
      }
      this.#queue.splice(0, batch.length);
      for (const { topic } of batch) this.#options.metrics.deadLetters.inc({ topic });
    }
    // In the same turn as the check of the queue: a later `add` starts another run.
    this.#writing = undefined;
  }

  async #write(batch: readonly FailedEvent[]): Promise<void> {
    const letters: NewRecord[] = [];
    for (const failures of byPartition(batch)) letters.push(...(await this.#deadLettersFor(failures)));
    await appendDeadLetters(this.#options.log, letters, this.#stop.signal);
  }

  /** @param failures all of one partition */
  async #deadLettersFor(failures: readonly FailedEvent[]): Promise<readonly NewRecord[]> {
    const [first] = failures;
    if (first === undefined) return [];
    const { topic, partition } = first;
    using deadline = new Deadline(READ_DEADLINE_MS);
    const signal = AbortSignal.any([this.#stop.signal, deadline.signal]);
    const offsets = failures.map(({ offset }) => offset);
    const originals = await readOriginals(this.#options.log, { topic, partition }, offsets, signal);
    const { suffix } = this.#options;
    return failures.map((failed) => {
      const record = originals.get(failed.offset);
      if (record?.timestamp === failed.timestamp)
        return deadLetterRecord(failed, record, failed.fault, suffix);
      // Compaction or retention has removed it, or the topic was recreated.
      const { timestamp } = failed;
      const bare = { key: this.#recordKeyOf(failed), timestamp, headers: {}, value: null };
      const letter = deadLetterRecord(failed, bare, failed.fault, suffix);
      return withoutParts(letter, ['value', 'headers']);
    });
  }

  /** `null`, if the subject is that of an event without a key (`ce_subject`), and no key of the topic. */
  #recordKeyOf({ topic, key }: FailedEvent): string | null {
    const format = this.#options.formats?.get(topic);
    if (key === null || format?.mapping?.mapsSubject === true) return null;
    try {
      return recordKey(format ?? DEFAULT_FORMAT, key);
    } catch (error) {
      if (error instanceof KeyFormatError) return null;
      throw error;
    }
  }

  #reportFailure(error: unknown, [first]: readonly FailedEvent[]): void {
    this.#options.metrics.problems.inc({ kind: 'dead-letter' });
    this.#warnings.report('dead-letter', error, 'dead letters could not be written; retrying', {
      partition: first && partitionName(first),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stop = (): void => this.#stop.abort(new Error('The node is shutting down.'));
    const timer = setTimeout(stop, SHUTDOWN_DEADLINE_MS);
    await this.#writing;
    clearTimeout(timer);
    stop();
    const letters = this.#queue.length;
    if (letters > 0)
      this.#options.logger.warn({ letters }, 'the node shut down before all dead letters were written');
    this.#warnings[Symbol.dispose]();
  }
}
