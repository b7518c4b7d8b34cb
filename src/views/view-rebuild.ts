import { pause } from '../core/async.js';
import { topic } from '../core/ids.js';
import type { DeadLetter } from '../dead-letters/dead-letter.js';
import type { EventLog, Range } from '../ports/event-log.js';
import { catchUp, type FoldRange, rebuildPartitions } from '../rebuild/catch-up.js';
import type { Rebuild, RebuildRequest } from '../rebuild/rebuild.js';
import { readSetAside, type SetAside, withoutSetAside } from '../services/set-aside.js';
import { newBuildId } from './view-store.js';
import { type ViewVersion, viewVersion } from './view-version.js';
import { ViewWriter, type ViewWriterOptions } from './view-writer.js';

interface ViewRebuildOptions extends ViewWriterOptions {
  readonly log: EventLog;
  /** What the names of dead-letter topics end with (`.dlt`). */
  readonly deadLetterSuffix?: string | undefined;
}

/** When the old version is deleted. Workers and readers check the version every second: none uses it then. */
const DELETE_OLD_AFTER_MS = 5_000;

/** Rebuilds a view as another version in the store, and then makes that the one that is read. */
export class ViewRebuild implements Rebuild {
  readonly kind = 'view';
  readonly name: string;
  readonly #options: ViewRebuildOptions;

  constructor(options: ViewRebuildOptions) {
    this.name = options.view.name;
    this.#options = options;
  }

  async run(request: RebuildRequest): Promise<string> {
    const { log, store, view } = this.#options;
    const { signal } = request;
    const topics = await log.describe(view.topics.map(topic), signal);
    const oldBuildId = await store.ensureBuildId(view.name);
    const buildId = newBuildId();
    const version = viewVersion(view.name, buildId, topics);
    const partitions = await rebuildPartitions(log, topics, request.from, signal);
    const writer = new ViewWriter(this.#options);
    const keys = new Set<string>();
    const setAside = await this.#setAside(signal);
    const fold: FoldRange = (_, range) => this.#fold(writer, version, range, keys, setAside, signal);
    await catchUp(log, partitions, fold, request);
    for (const { at, next } of partitions)
      await store.saveProgress(version, at, { next, until: next }, undefined);
    signal.throwIfAborted();
    // D6: a store that has lost the version in use has lost a part of the new one, too.
    if (!(await store.switchBuild(view.name, oldBuildId, buildId))) {
      throw new Error(
        `The view ${view.name} was lost or replaced during the rebuild. Nothing was switched; run it again.`,
      );
    }
    await pause(DELETE_OLD_AFTER_MS, signal);
    const old = viewVersion(view.name, oldBuildId, topics);
    await store.deleteVersion(
      old,
      keys,
      partitions.map(({ at }) => at),
    );
    return 'Queries read the new state, and its workers keep it up to date.';
  }

  /** Folds what a batch has beyond its range as well: folding it again later changes nothing. */
  async *#fold(
    writer: ViewWriter,
    version: ViewVersion,
    range: Range,
    keys: Set<string>,
    setAside: SetAside,
    signal: AbortSignal,
  ) {
    for await (const { records, last } of this.#options.log.read(range, signal)) {
      const kept = withoutSetAside(range, records, setAside);
      yield { last, events: await writer.fold(version, range, kept, signal, keys) };
    }
  }

  /** D10: what the view has set aside is not part of its state, and must not end its rebuild. */
  async #setAside(signal: AbortSignal): Promise<SetAside> {
    const { log, view, deadLetterSuffix } = this.#options;
    const isBy = (letter: DeadLetter): boolean => letter.view === view.name;
    const all = await Promise.all(
      view.topics.map((name) => readSetAside(log, topic(name), deadLetterSuffix, isBy, signal)),
    );
    return new Set(all.flatMap((one) => [...one]));
  }
}
