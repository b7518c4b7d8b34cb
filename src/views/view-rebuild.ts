import { setTimeout as sleep } from 'node:timers/promises';
import { topic } from '../core/ids.js';
import type { EventLog, Range } from '../ports/event-log.js';
import { catchUp, partsOf } from '../rebuild/catch-up.js';
import type { Rebuild, RebuildRequest } from '../rebuild/rebuild.js';
import { type Edition, editionOf } from './edition.js';
import { Folding, type FoldingOptions } from './folding.js';
import { newGeneration } from './view-store.js';

export interface ViewRebuildOptions extends FoldingOptions {
  readonly log: EventLog;
}

/** By then nobody reads or writes the edition before, in milliseconds: all look once a second. */
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
    const inUse = await store.begin(view.name);
    const before = editionOf(view.name, inUse, ids);
    const generation = newGeneration();
    const edition = editionOf(view.name, generation, ids);
    const parts = await partsOf(log, described, request.from, signal);
    const folding = new Folding(this.options);
    const keys = new Set<string>();
    await catchUp(log, parts, (_part, range) => this.#fold(folding, edition, range, keys, signal), request);
    for (const { at, next } of parts) await store.saveProgress(edition, at, { next, until: next }, undefined);
    signal.throwIfAborted();
    // D6: a store that lost what is in use has lost part of this, too.
    if (!(await store.use(view.name, inUse, generation))) {
      throw new Error(`The view ${view.name} was lost or replaced meanwhile: nothing changes, run it again`);
    }
    await sleep(LEFT, undefined, { signal }).catch(() => undefined);
    await store.forget(
      before,
      keys,
      parts.map(({ at }) => at),
    );
    return 'Whoever keeps the view goes on with it within a second, and queries read it.';
  }

  /** What a batch has beyond its range is folded as well: each event is in a state once. */
  async *#fold(folding: Folding, edition: Edition, range: Range, keys: Set<string>, signal: AbortSignal) {
    for await (const { records, last } of this.options.log.read(range, signal))
      yield { last, events: await folding.fold(edition, range, records, keys) };
  }
}
