import { pause } from '../core/async.js';
import { topic } from '../core/ids.js';
import type { EventLog, Range } from '../ports/event-log.js';
import { catchUp, rebuildPartitions } from '../rebuild/catch-up.js';
import type { Rebuild, RebuildRequest } from '../rebuild/rebuild.js';
import { newBuildId } from './view-store.js';
import { type ViewVersion, viewVersion } from './view-version.js';
import { ViewWriter, type ViewWriterOptions } from './view-writer.js';

export interface ViewRebuildOptions extends ViewWriterOptions {
  readonly log: EventLog;
}

/** By then nobody reads or writes the version before, in milliseconds: all look once a second. */
const LEFT = 5_000;

/** Builds a view anew under another name in the store, and then says that this is the one. */
export class ViewRebuild implements Rebuild {
  readonly kind = 'view';
  readonly name: string;

  constructor(private readonly options: ViewRebuildOptions) {
    this.name = options.view.name;
  }

  async run(request: RebuildRequest): Promise<string> {
    const { log, store, view } = this.options;
    const { signal } = request;
    const described = await log.describe(view.topics.map(topic), signal);
    const ids = new Map([...described].map(([name, { id }]) => [name, id] as const));
    const inUse = await store.ensureBuildId(view.name);
    const before = viewVersion(view.name, inUse, ids);
    const buildId = newBuildId();
    const version = viewVersion(view.name, buildId, ids);
    const parts = await rebuildPartitions(log, described, request.from, signal);
    const writer = new ViewWriter(this.options);
    const keys = new Set<string>();
    await catchUp(log, parts, (_part, range) => this.#fold(writer, version, range, keys, signal), request);
    for (const { at, next } of parts) await store.saveProgress(version, at, { next, until: next }, undefined);
    signal.throwIfAborted();
    // D6: a store that lost what is in use has lost part of this, too.
    if (!(await store.switchBuild(view.name, inUse, buildId))) {
      throw new Error(`The view ${view.name} was lost or replaced meanwhile: nothing changes, run it again`);
    }
    await pause(LEFT, signal);
    await store.deleteVersion(
      before,
      keys,
      parts.map(({ at }) => at),
    );
    return 'Whoever keeps the view goes on with it within a second, and queries read it.';
  }

  /** What a batch has beyond its range is folded as well: each event is in a state once. */
  async *#fold(
    writer: ViewWriter,
    version: ViewVersion,
    range: Range,
    keys: Set<string>,
    signal: AbortSignal,
  ) {
    for await (const { records, last } of this.options.log.read(range, signal))
      yield { last, events: await writer.fold(version, range, records, keys) };
  }
}
