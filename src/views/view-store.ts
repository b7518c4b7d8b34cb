import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isWellFormed } from '../core/byte-text.js';
import { parseJson, stringifyState } from '../core/exact-json.js';
import { type Offset, offset } from '../core/ids.js';
import { partitionName, type TopicPartition } from '../core/position.js';
import type { StateStore } from '../ports/state-store.js';
import type { ViewVersion } from './view-version.js';

/** How far a view is in one partition. */
export interface ViewProgress {
  /** All events before this offset are folded. */
  readonly next: Offset;
  /** The end of the partition when the build began. The view is not read before `next` has reached it. */
  readonly until: Offset;
}

/** The state of a key. */
export interface KeyState {
  readonly state: unknown;
  /** The offset of the last event in it, by partition (`partitionName`). */
  readonly positions: Readonly<Record<string, number>>;
}

/** A value, and the bytes that a compare-and-swap must expect. */
export interface StoredValue<T> {
  readonly value: T;
  readonly bytes: Buffer;
}

const progressSchema = z.object({ next: z.number().int(), until: z.number().int() });
const keyStateSchema = z.object({ state: z.unknown(), positions: z.record(z.string(), z.number().int()) });

/** A new id for a build of a view. */
export const newBuildId = (): string => randomUUID().slice(0, 13);

/** Views in the state store. Every write is a compare-and-swap: several workers may write at once. */
export class ViewStore {
  readonly #store: StateStore;

  constructor(store: StateStore) {
    this.#store = store;
  }

  /** The build that is read. `undefined`: there was none yet, or the store has lost it. */
  async buildId(view: string): Promise<string | undefined> {
    return (await this.#store.get(buildIdName(view)))?.toString();
  }

  /**
   * The current build, or else a new one. After a loss it is never the old one again (D6): a worker that has
   * not noticed the loss keeps writing under the old names, and those are not read any more.
   */
  async ensureBuildId(view: string): Promise<string> {
    const own = newBuildId();
    return (await this.#store.putIfAbsent(buildIdName(view), Buffer.from(own)))?.toString() ?? own;
  }

  /** Makes `buildId` the build that is read. @returns `false`, without a change, if `before` is not current */
  switchBuild(view: string, before: string, buildId: string): Promise<boolean> {
    return this.#store.replace(buildIdName(view), Buffer.from(before), Buffer.from(buildId));
  }

  /** How far a version is in one partition; `undefined` before its first batch there, or after a loss. */
  async progress(version: ViewVersion, at: TopicPartition): Promise<StoredValue<ViewProgress> | undefined> {
    const bytes = await this.#store.get(progressName(version, at));
    if (bytes === undefined) return undefined;
    const { next, until } = progressSchema.parse(JSON.parse(bytes.toString()));
    return { bytes, value: { next: offset(next), until: offset(until) } };
  }

  /**
   * @param expected the current bytes; `undefined`: there must be none
   * @returns the new bytes; `undefined`, without a change, if `expected` does not match
   */
  saveProgress(
    version: ViewVersion,
    at: TopicPartition,
    progress: ViewProgress,
    expected: Buffer | undefined,
  ): Promise<Buffer | undefined> {
    return this.#save(progressName(version, at), progress, expected);
  }

  /** The state of a key; `undefined` if no event has changed it. */
  async state(version: ViewVersion, key: string): Promise<StoredValue<KeyState> | undefined> {
    const bytes = await this.#store.get(stateName(version, key));
    if (bytes === undefined) return undefined;
    const { state, positions } = keyStateSchema.parse(parseJson(bytes));
    return { bytes, value: { state, positions } };
  }

  /** As `saveProgress`, for the state of a key. */
  saveState(
    version: ViewVersion,
    key: string,
    state: KeyState,
    expected: Buffer | undefined,
  ): Promise<Buffer | undefined> {
    return this.#save(stateName(version, key), state, expected);
  }

  /** Deletes these entries of a version that is not read any more. */
  async deleteVersion(
    version: ViewVersion,
    keys: Iterable<string>,
    partitions: readonly TopicPartition[],
  ): Promise<void> {
    for (const at of partitions) await this.#store.delete(progressName(version, at));
    for (const key of keys) await this.#store.delete(stateName(version, key));
  }

  async #save(name: string, value: object, expected: Buffer | undefined): Promise<Buffer | undefined> {
    const bytes = Buffer.from(stringifyState(value));
    const saved =
      expected === undefined
        ? (await this.#store.putIfAbsent(name, bytes)) === undefined
        : await this.#store.replace(name, expected, bytes);
    return saved ? bytes : undefined;
  }
}

// The names are a stored format: a build is called a generation in them.
const buildIdName = (view: string): string => `view:${view}:generation`;
const progressName = (version: ViewVersion, at: TopicPartition): string =>
  `${version}:progress:${partitionName(at)}`;
/**
 * A key that `by` took from JSON may have half of a surrogate pair. Stores encode names as UTF-8, where every such half is
 * U+FFFD: two keys would be one.
 */
const stateName = (version: ViewVersion, key: string): string =>
  isWellFormed(key)
    ? `${version}:state:${key}`
    : `${version}:state16:${Buffer.from(key, 'utf16le').toString('base64')}`;
