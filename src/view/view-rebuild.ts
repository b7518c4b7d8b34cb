import { setTimeout as sleep } from 'node:timers/promises';
import { offset, partition, type Topic, topic } from '../core/ids.js';
import type { TopicPartition } from '../core/position.js';
import type { EventLog } from '../ports/event-log.js';
import type { From, Rebuild, RebuildRequest } from '../replay/rebuild.js';
import { type Edition, editionOf } from './edition.js';
import { Folding, type FoldingOptions } from './folding.js';
import { newGeneration } from './view-store.js';

export interface ViewRebuildOptions extends FoldingOptions {
  readonly log: EventLog;
}

/** As close to the end as it has to come: whoever keeps the view folds the rest. */
const CAUGHT_UP = 1_000;
/** By then nobody reads or writes the edition before, in milliseconds: all look once a second. */
const LEFT = 5_000;

interface Part {
  readonly at: TopicPartition;
  readonly start: number;
  next: number;
  events: number;
}

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
    const parts = await this.#begin([...described.keys()], request.from, signal);
    const folding = new Folding(this.options);
    const keys = await this.#catchUp(folding, edition, parts, request);
    for (const { at, next } of parts) {
      const progress = { next: offset(next), until: offset(next) };
      await store.saveProgress(edition, at, progress, undefined);
    }
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

  async #begin(topics: readonly Topic[], from: From, signal: AbortSignal): Promise<readonly Part[]> {
    const { log } = this.options;
    const parts: Part[] = [];
    for (const name of topics) {
      for (const [number, { earliest }] of (await log.bounds(name, signal)).entries()) {
        const at = { topic: name, partition: partition(number) };
        const start =
          from.kind === 'start' ? earliest : await log.offsetAt(name, at.partition, from.time, signal);
        parts.push({ at, start, next: start, events: 0 });
      }
    }
    return parts;
  }

  /** @returns the keys that have a state now */
  async #catchUp(
    folding: Folding,
    edition: Edition,
    parts: readonly Part[],
    { onProgress, signal }: RebuildRequest,
  ): Promise<ReadonlySet<string>> {
    const { log } = this.options;
    const keys = new Set<string>();
    for (let left = Number.POSITIVE_INFINITY; left > CAUGHT_UP; ) {
      left = 0;
      for (const part of parts) {
        const { at } = part;
        const end = (await log.bounds(at.topic, signal))[at.partition]?.end ?? part.next;
        left += end - part.next;
        const range = { ...at, from: offset(part.next), until: offset(end) };
        if (part.next >= end) continue;
        for await (const batch of log.read(range, signal)) {
          part.events += await folding.fold(edition, at, batch.records, keys);
          part.next = Math.max(part.next, batch.last + 1);
          onProgress(progressOf(at.topic, parts, end - part.next));
        }
      }
    }
    return keys;
  }
}

function progressOf(
  of: Topic,
  parts: readonly Part[],
  left: number,
): Parameters<RebuildRequest['onProgress']>[0] {
  const mine = parts.filter(({ at }) => at.topic === of);
  const done = mine.reduce((sum, { next, start }) => sum + next - start, 0);
  const events = mine.reduce((sum, part) => sum + part.events, 0);
  return { topic: of, done, total: done + Math.max(0, left), events };
}
