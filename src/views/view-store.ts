import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Offset, offset } from '../core/ids.js';
import { partitionName, type TopicPartition } from '../core/position.js';
import type { StateStore } from '../ports/state-store.js';
import type { ViewVersion } from './view-version.js';

/** How far a view is in one partition. */
export interface Progress {
  /** The events before this are folded. */
  readonly next: Offset;
  /** What it had to reach when it was begun: before that it is not shown. */
  readonly until: Offset;
}

/** A key's state, and the last event of each partition that is in it. */
export interface FoldedState {
  readonly state: unknown;
  readonly positions: Readonly<Record<string, number>>;
}

export interface StoredValue<T> {
  readonly value: T;
  /** As it is kept: what `replace` is told to expect. */
  readonly bytes: Buffer;
}

const progressSchema = z.object({ next: z.number().int(), until: z.number().int() });
const foldedSchema = z.object({ state: z.unknown(), positions: z.record(z.string(), z.number().int()) });

/** A name that no building of a view has had. */
export const newBuildId = (): string => randomUUID().slice(0, 13);

/** Views in the state store. */
export class ViewStore {
  readonly #store: StateStore;

  constructor(store: StateStore) {
    this.#store = store;
  }

  /** The buildId that is read; `undefined`: none was begun, or the store has lost it. */
  async buildId(view: string): Promise<string | undefined> {
    return (await this.#store.get(buildIdName(view)))?.toString();
  }

  /**
   * The buildId that there is, or else a new one. Never one from before a loss (D6): what somebody who has
   * not noticed the loss still writes goes under names that nobody reads.
   */
  async ensureBuildId(view: string): Promise<string> {
    const own = newBuildId();
    return (await this.#store.putIfAbsent(buildIdName(view), Buffer.from(own)))?.toString() ?? own;
  }

  /** RebuildFrom now on this buildId is read. @returns whether `before` was until now: if not, nothing changes */
  switchBuild(view: string, before: string, buildId: string): Promise<boolean> {
    return this.#store.replace(buildIdName(view), Buffer.from(before), Buffer.from(buildId));
  }

  async progress(version: ViewVersion, at: TopicPartition): Promise<StoredValue<Progress> | undefined> {
    const bytes = await this.#store.get(progressName(version, at));
    if (bytes === undefined) return undefined;
    const { next, until } = progressSchema.parse(JSON.parse(bytes.toString()));
    return { bytes, value: { next: offset(next), until: offset(until) } };
  }

  /** @param expected what is there; `undefined`: nothing. @returns whether it was */
  saveProgress(
    version: ViewVersion,
    at: TopicPartition,
    progress: Progress,
    expected: Buffer | undefined,
  ): Promise<boolean> {
    return this.#save(progressName(version, at), Buffer.from(JSON.stringify(progress)), expected);
  }

  async state(version: ViewVersion, key: string): Promise<StoredValue<FoldedState> | undefined> {
    const bytes = await this.#store.get(stateName(version, key));
    if (bytes === undefined) return undefined;
    const { state, positions } = foldedSchema.parse(JSON.parse(bytes.toString()));
    return { bytes, value: { state, positions } };
  }

  saveState(
    version: ViewVersion,
    key: string,
    folded: FoldedState,
    expected: Buffer | undefined,
  ): Promise<boolean> {
    return this.#save(stateName(version, key), Buffer.from(JSON.stringify(folded)), expected);
  }

  /** Deletes what is left of an version that nobody reads any more. */
  async deleteVersion(
    version: ViewVersion,
    keys: Iterable<string>,
    places: readonly TopicPartition[],
  ): Promise<void> {
    for (const at of places) await this.#store.delete(progressName(version, at));
    for (const key of keys) await this.#store.delete(stateName(version, key));
  }

  async #save(name: string, value: Buffer, expected: Buffer | undefined): Promise<boolean> {
    if (expected !== undefined) return this.#store.replace(name, expected, value);
    return (await this.#store.putIfAbsent(name, value)) === undefined;
  }
}

const buildIdName = (view: string): string => `view:${view}:generation`;
const progressName = (version: ViewVersion, at: TopicPartition): string =>
  `${version}:progress:${partitionName(at)}`;
const stateName = (version: ViewVersion, key: string): string => `${version}:state:${key}`;
