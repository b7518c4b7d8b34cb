import { deferred, pause, retryPauseMs } from '../core/async.js';
import { type Offset, offset, topic } from '../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../core/position.js';
import { RECENT_IDS } from '../core/recent-ids.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import { WarningThrottle } from '../observe/warning-throttle.js';
import type { AssignedBatch, GroupHandler } from '../ports/consumer-groups.js';
import type { EventLog } from '../ports/event-log.js';
import { InputFailure } from '../services/input-failure.js';
import { ViewFailures } from './view-failures.js';
import { type ViewVersion, viewVersion } from './view-version.js';
import { ViewWriter, type ViewWriterOptions } from './view-writer.js';
import { WorkerProgress } from './worker-progress.js';

interface ViewWorkerOptions extends ViewWriterOptions {
  readonly log: EventLog;
  /** The consumer group. Its members share the partitions. */
  readonly group: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** D10: how many times an event is tried that the view fails on, before it becomes a dead letter. 0: for ever. */
  readonly maxAttempts?: number;
  /** What the names of dead-letter topics end with (`.dlt`). */
  readonly deadLetterSuffix?: string | undefined;
}

/** How often a worker checks that its version is still the current one, and intact. */
const VERSION_CHECK_INTERVAL_MS = 1_000;
const RETRY_DELAY_MS = 1_000;

/** Thrown to have a batch redelivered: its view version was superseded. */
class VersionSuperseded extends Error {}

/** Keeps a view up to date, as one member of its consumer group. */
export class ViewWorker implements AsyncDisposable {
  readonly ended: Promise<void>;
  readonly #options: ViewWorkerOptions;
  readonly #writer: ViewWriter;
  readonly #failures: ViewFailures;
  readonly #stop = new AbortController();
  readonly #tried = deferred();
  readonly #warnings: WarningThrottle;

  constructor(options: ViewWorkerOptions) {
    this.#options = options;
    this.#warnings = new WarningThrottle(options.logger);
    this.#writer = new ViewWriter(options);
    this.#failures = new ViewFailures(options);
    this.ended = this.#run().finally(() => this.#tried.resolve());
    this.ended.catch(() => undefined); // The owner of the worker awaits `ended`.
  }

  /** Resolves once the worker has joined its group, or its first attempt has failed. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('The view worker was stopped.'));
    await this.ended.catch(() => undefined);
    this.#warnings[Symbol.dispose]();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#maintain(await this.#currentVersion(signal), signal);
      } catch (err) {
        if (signal.aborted) return;
        this.#report('the worker of a view failed; retrying', err);
        this.#tried.resolve();
        await pause(Math.max(RETRY_DELAY_MS, retryPauseMs(err, 0)), signal);
      }
    }
  }

  async #currentVersion(signal: AbortSignal): Promise<ViewVersion> {
    const { view, log, store } = this.#options;
    const topics = await log.describe(view.topics.map(topic), signal);
    return viewVersion(view.name, await store.ensureBuildId(view.name), topics);
  }

  /** Keeps one version up to date until it is superseded, the store has lost it, or the worker is stopped. */
  async #maintain(version: ViewVersion, signal: AbortSignal): Promise<void> {
    const { log, group, view, store } = this.#options;
    const superseded = new AbortController();
    const either = AbortSignal.any([signal, superseded.signal]);
    const progress = new WorkerProgress(log, store, version);
    const member = await log.join(
      { group, topics: view.topics.map(topic) },
      this.#handler(version, progress, () => superseded.abort()),
      signal,
    );
    this.#tried.resolve();
    try {
      await Promise.race([member.ended, this.#watch(version, progress, either)]);
    } finally {
      superseded.abort(); // If the member ended first, this ends the watch.
      await member[Symbol.asyncDispose]();
    }
  }

  #handler(version: ViewVersion, progress: WorkerProgress, supersede: () => void): GroupHandler {
    return {
      assigned: async (at, signal) => {
        // The view's own progress is where to start, whatever the group has committed.
        const next = await progress.claim(at, signal);
        await this.#preloadRecentIds(version, at, next, signal);
        signal.addEventListener('abort', () => {
          progress.release(at);
          const { metrics, view } = this.#options;
          metrics.viewLag.remove({ view: view.name, topic: at.topic, partition: at.partition });
        });
        return next;
      },
      batch: async (batch) => {
        try {
          await this.#fold(version, progress, batch);
        } catch (error) {
          if (error instanceof VersionSuperseded) supersede();
          else if (!batch.signal.aborted)
            this.#report('a view failed to fold a batch; retrying', error, batch);
          throw error;
        }
      },
    };
  }

  /** D1: recognises a duplicate of an event that another worker folded. */
  async #preloadRecentIds(
    version: ViewVersion,
    at: TopicIdPartition,
    next: Offset,
    signal: AbortSignal,
  ): Promise<void> {
    const { log } = this.#options;
    const earliest = (await log.bounds(at.topic, signal))[at.partition]?.earliest ?? offset(0);
    const from = offset(Math.max(next - RECENT_IDS, earliest));
    if (from >= next) return;
    for await (const { records } of log.read({ ...at, from, until: next }, signal)) {
      const folded = records.filter((one) => one.offset < next);
      await this.#writer.remember(version, at, folded, signal);
    }
  }

  async #fold(version: ViewVersion, progress: WorkerProgress, batch: AssignedBatch): Promise<void> {
    const { metrics, view } = this.#options;
    const owned = progress.owned(batch);
    if (owned === undefined) throw new VersionSuperseded('This worker does not own the partition.');
    const labels = { view: view.name, topic: batch.topic, partition: batch.partition };
    // While the store is away, or a fold is slow, the view is behind by the whole batch.
    metrics.viewLag.set(labels, Math.max(0, batch.end - (batch.records[0]?.offset ?? batch.end)));
    const count = await this.#foldOrSetAside(version, batch);
    const next = offset(batch.last + 1);
    // Written after the states (D3): they contain every event before the progress.
    if (!(await progress.advance(owned, next))) {
      throw new VersionSuperseded('The view was lost, or another worker has the partition.');
    }
    await batch.commit();
    metrics.viewEvents.inc({ view: view.name }, count);
    metrics.viewLag.set(labels, Math.max(0, batch.end - next));
  }

  /** D10: an event that the view fails on is left out once it has been tried often enough. */
  async #foldOrSetAside(version: ViewVersion, batch: AssignedBatch): Promise<number> {
    for (;;) {
      const records = this.#failures.without(batch);
      try {
        return await this.#writer.fold(version, batch, records, batch.signal);
      } catch (error) {
        if (batch.signal.aborted || !(error instanceof InputFailure)) throw error;
        await this.#failures.onFailure(batch, error);
      }
    }
  }

  /** Resolves when there is another version to maintain, or this one is not intact. */
  async #watch(version: ViewVersion, progress: WorkerProgress, signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(VERSION_CHECK_INTERVAL_MS, signal);
      if (signal.aborted) return;
      if ((await this.#currentVersion(signal)) !== version) return;
      if (!(await progress.isIntact(signal))) return;
    }
  }

  #report(message: string, error: unknown, at?: TopicPartition): void {
    const { metrics, view } = this.#options;
    metrics.problems.inc({ kind: 'view' });
    const name = at && partitionName(at);
    const kind = ['view', view.name, name].join(' ').trimEnd();
    this.#warnings.report(kind, error, message, { view: view.name, partition: name });
  }
}
