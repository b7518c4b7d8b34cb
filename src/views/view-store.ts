import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Offset, offset } from '../core/ids.js';
import { partitionName, type TopicPartition } from '../core/position.js';
import type { StateStore } from '../ports/state-store.js';
import type { Edition } from './edition.js';

/** How far a view is in one partition. */
export interface Progress {
  /** The events before this are folded. */
  readonly next: Offset;
  /** What it had to reach when it was begun: before that it is not shown. */
  readonly until: Offset;
}

/** A key's state, and the last event of each partition that is in it. */
export interface Folded {
  readonly state: unknown;
  readonly positions: Readonly<Record<string, number>>;
}

export interface Found<T> {
  readonly value: T;
  /** As it is kept: what `replace` is told to expect. */
  readonly bytes: Buffer;
}

const progressSchema = z.object({ next: z.number().int(), until: z.number().int() });
const foldedSchema = z.object({ state: z.unknown(), positions: z.record(z.string(), z.number().int()) });

/** A name that no building of a view has had. */
export const newGeneration = (): string => randomUUID().slice(0, 13);

/** Views in the state store. */
export class ViewStore {
  readonly #store: StateStore;

  constructor(store: StateStore) {
    this.#store = store;
  }

  /** The generation that is read; `undefined`: none was begun, or the store has lost it. */
  async generation(view: string): Promise<string | undefined> {
    return (await this.#store.get(generationName(view)))?.toString();
  }

  /**
   * The generation that there is, or else a new one. Never one from before a loss (D6): what somebody who has
   * not noticed the loss still writes goes under names that nobody reads.
   */
  async begin(view: string): Promise<string> {
    const own = newGeneration();
    return (await this.#store.putIfAbsent(generationName(view), Buffer.from(own)))?.toString() ?? own;
  }

  /** From now on this generation is read. @returns whether `before` was until now: if not, nothing changes */
  use(view: string, before: string, generation: string): Promise<boolean> {
    return this.#store.replace(generationName(view), Buffer.from(before), Buffer.from(generation));
  }

  async progress(edition: Edition, at: TopicPartition): Promise<Found<Progress> | undefined> {
    const bytes = await this.#store.get(progressName(edition, at));
    if (bytes === undefined) return undefined;
    const { next, until } = progressSchema.parse(JSON.parse(bytes.toString()));
    return { bytes, value: { next: offset(next), until: offset(until) } };
  }

  /** @param expected what is there; `undefined`: nothing. @returns whether it was */
  saveProgress(
    edition: Edition,
    at: TopicPartition,
    progress: Progress,
    expected: Buffer | undefined,
  ): Promise<boolean> {
    return this.#save(progressName(edition, at), Buffer.from(JSON.stringify(progress)), expected);
  }

  async folded(edition: Edition, key: string): Promise<Found<Folded> | undefined> {
    const bytes = await this.#store.get(stateName(edition, key));
    if (bytes === undefined) return undefined;
    const { state, positions } = foldedSchema.parse(JSON.parse(bytes.toString()));
    return { bytes, value: { state, positions } };
  }

  saveFolded(edition: Edition, key: string, folded: Folded, expected: Buffer | undefined): Promise<boolean> {
    return this.#save(stateName(edition, key), Buffer.from(JSON.stringify(folded)), expected);
  }

  /** Deletes what is left of an edition that nobody reads any more. */
  async forget(edition: Edition, keys: Iterable<string>, places: readonly TopicPartition[]): Promise<void> {
    for (const at of places) await this.#store.delete(progressName(edition, at));
    for (const key of keys) await this.#store.delete(stateName(edition, key));
  }

  async #save(name: string, value: Buffer, expected: Buffer | undefined): Promise<boolean> {
    if (expected !== undefined) return this.#store.replace(name, expected, value);
    return (await this.#store.putIfAbsent(name, value)) === undefined;
  }
}

const generationName = (view: string): string => `view:${view}:generation`;
const progressName = (edition: Edition, at: TopicPartition): string =>
  `${edition}:progress:${partitionName(at)}`;
const stateName = (edition: Edition, key: string): string => `${edition}:state:${key}`;
