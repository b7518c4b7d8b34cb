import { pause } from '../core/async.js';
import type { Decoded } from '../core/cloudevent.js';
import { type Offset, offset, topic } from '../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../core/position.js';
import { RECENT_IDS } from '../core/recent-ids.js';
import type { LogRecord } from '../core/record.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { AssignedBatch, EventLog, GroupHandler } from '../ports/event-log.js';
import type { AnyView } from './view.js';
import type { Progress, ViewStore } from './view-store.js';
import { type ViewVersion, viewVersion } from './view-version.js';
import { ViewWriter } from './view-writer.js';

export interface ViewWorkerOptions {
  readonly view: AnyView;
  readonly log: EventLog;
  readonly store: ViewStore;
  /** The consumer group: its members share the partitions. */
  readonly group: string;
  readonly decode: (record: LogRecord, at: TopicPartition) => Decoded;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** How often it is looked whether the view is still there, and in which buildId, in milliseconds. */
const LOOK = 1_000;

/** How far the view is in a partition of this worker, and how that is kept. */
interface Mine {
  readonly at: TopicIdPartition;
  bytes: Buffer;
  progress: Progress;
}

/** Thrown to give a batch back: the view that it was for is not the one that there is. */
class Outdated extends Error {}

/**
 * Keeps a view up to date as one member of its group. How far it is stands in the store beside the states, and
 * is written after them: a view that was lost is built again from the log, however far the group had come.
 */
export class ViewWorker implements AsyncDisposable {
  readonly ended: Promise<void>;
  readonly #options: ViewWorkerOptions;
  readonly #writer: ViewWriter;
  readonly #stop = new AbortController();
  readonly #mine = new Map<string, Mine>();

  constructor(options: ViewWorkerOptions) {
    this.#options = options;
    this.#writer = new ViewWriter(options);
    this.ended = this.#run();
    this.ended.catch(() => undefined); // Whoever holds the worker looks at `ended`.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('The view worker stops'));
    await this.ended.catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const { logger, metrics, view } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#build(await this.#version(signal), signal);
      } catch (err) {
        if (signal.aborted) return;
        metrics.problems.inc({ kind: 'view' });
        logger.warn({ view: view.name, err }, 'a view cannot be kept up to date; it is tried again');
        await pause(LOOK, signal);
      }
    }
  }

  async #version(signal: AbortSignal): Promise<ViewVersion> {
    const { view, log, store } = this.#options;
    const described = await log.describe(view.topics.map(topic), signal);
    const ids = new Map([...described].map(([name, { id }]) => [name, id] as const));
    return viewVersion(view.name, await store.ensureBuildId(view.name), ids);
  }

  /** Until the view is another one, its store has lost it, or the worker stops. */
  async #build(version: ViewVersion, signal: AbortSignal): Promise<void> {
    const { log, group, view } = this.#options;
    const over = new AbortController();
    this.#mine.clear();
    const either = AbortSignal.any([signal, over.signal]);
    const member = await log.join(
      { group, topics: view.topics.map(topic) },
      this.#handler(version, () => over.abort()),
      signal,
    );
    try {
      await Promise.race([member.ended, this.#watch(version, either)]);
    } finally {
      over.abort(); // Whichever ended first: nobody watches on.
      await member[Symbol.asyncDispose]();
    }
  }

  #handler(version: ViewVersion, outdated: () => void): GroupHandler {
    return {
      assigned: async (at, signal) => {
        const next = await this.#begin(version, at, signal);
        signal.addEventListener('abort', () => {
          this.#mine.delete(partitionName(at));
          const { metrics, view } = this.#options;
          metrics.viewLag.remove({ view: view.name, topic: at.topic, partition: at.partition });
        });
        return next;
      },
      batch: async (batch) => {
        try {
          await this.#batch(version, batch);
        } catch (error) {
          if (error instanceof Outdated) outdated();
          else if (!batch.signal.aborted) this.#failed(batch, error);
          throw error;
        }
      },
    };
  }

  /** Where to begin: where the view stands, whatever the group has committed. */
  async #begin(version: ViewVersion, at: TopicIdPartition, signal: AbortSignal): Promise<Offset> {
    const { log, store } = this.#options;
    for (;;) {
      const found = await store.progress(version, at);
      if (found !== undefined) {
        await this.#recall(version, at, found.value.next, signal);
        this.#mine.set(partitionName(at), { at, bytes: found.bytes, progress: found.value });
        return found.value.next;
      }
      const bounds = (await log.bounds(at.topic, signal))[at.partition];
      const next = bounds?.earliest ?? offset(0);
      const until = bounds?.end ?? next;
      await store.saveProgress(version, at, { next, until }, undefined);
    }
  }

  /** D1: what was published twice may have been folded once already, by somebody else. */
  async #recall(
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
      this.#writer.recall(version, at, folded);
    }
  }

  async #batch(version: ViewVersion, batch: AssignedBatch): Promise<void> {
    const { store, metrics, view } = this.#options;
    const mine = this.#mine.get(partitionName(batch));
    if (mine === undefined) throw new Outdated('The partition is not this worker’s');
    const count = await this.#writer.fold(version, batch, batch.records);
    const progress = { next: offset(batch.last + 1), until: mine.progress.until };
    if (progress.next > mine.progress.next) {
      if (!(await store.saveProgress(version, batch, progress, mine.bytes))) {
        throw new Outdated('The view was lost, or somebody else keeps it');
      }
      mine.progress = progress;
      mine.bytes = Buffer.from(JSON.stringify(progress));
    }
    await batch.commit();
    metrics.viewEvents.inc({ view: view.name }, count);
    const labels = { view: view.name, topic: batch.topic, partition: batch.partition };
    metrics.viewLag.set(labels, Math.max(0, batch.end - progress.next));
  }

  /** Resolves when there is another view to build. */
  async #watch(version: ViewVersion, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(LOOK, signal);
      if (signal.aborted) return;
      if ((await this.#version(signal)) !== version) return;
      for (const mine of [...this.#mine.values()]) {
        const { at, bytes } = mine;
        if (mine.progress.next < mine.progress.until) await this.#passHoles(version, mine, signal);
        const found = await this.#options.store.progress(version, at);
        if (found?.bytes.equals(bytes) !== true && this.#mine.get(partitionName(at))?.bytes === bytes) return;
      }
    }
  }

  /** What a view had to reach may be after the last record there is: the end of a transaction takes a place, too. */
  async #passHoles(version: ViewVersion, mine: Mine, signal: AbortSignal): Promise<void> {
    const { log, store } = this.#options;
    const { at, bytes, progress } = mine;
    const range = { ...at, from: progress.next, until: progress.until };
    for await (const { records } of log.read(range, signal)) if (records.length > 0) return;
    const passed = { next: progress.until, until: progress.until };
    if (mine.bytes !== bytes || !(await store.saveProgress(version, at, passed, bytes))) return;
    if (mine.bytes !== bytes) return;
    mine.progress = passed;
    mine.bytes = Buffer.from(JSON.stringify(passed));
  }

  #failed({ topic: of, partition }: AssignedBatch, err: unknown): void {
    const { metrics, logger, view } = this.#options;
    metrics.problems.inc({ kind: 'view' });
    logger.warn({ view: view.name, topic: of, partition, err }, 'a view failed; its batch is given again');
  }
}
