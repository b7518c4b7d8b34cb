import { type Offset, offset } from '../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../core/position.js';
import type { EventLog } from '../ports/event-log.js';
import type { StoredValue, ViewProgress, ViewStore } from './view-store.js';
import type { ViewVersion } from './view-version.js';

/** A partition that a worker owns. */
export interface OwnedPartition {
  readonly at: TopicIdPartition;
  /** The progress as this worker saved it last. */
  saved: StoredValue<ViewProgress>;
}

/**
 * How far one version of a view is in the partitions that a worker owns.
 *
 * The progress is in the state store, beside the states, and is written after them. So a store that lost
 * everything has lost the progress too, and the view is rebuilt from the log, however far the consumer group
 * has committed (D6).
 */
export class WorkerProgress {
  readonly #log: EventLog;
  readonly #store: ViewStore;
  readonly #version: ViewVersion;
  readonly #owned = new Map<string, OwnedPartition>();

  constructor(log: EventLog, store: ViewStore, version: ViewVersion) {
    this.#log = log;
    this.#store = store;
    this.#version = version;
  }

  /** Takes over a partition. @returns the offset of the first event to fold */
  async claim(at: TopicIdPartition, signal: AbortSignal): Promise<Offset> {
    for (;;) {
      const saved = await this.#store.progress(this.#version, at);
      if (saved !== undefined) {
        this.#owned.set(partitionName(at), { at, saved });
        return saved.value.next;
      }
      const bounds = (await this.#log.bounds(at.topic, signal))[at.partition];
      const next = bounds?.earliest ?? offset(0);
      const until = bounds?.end ?? next;
      // Another worker may be faster: then its progress is the one that counts.
      await this.#store.saveProgress(this.#version, at, { next, until }, undefined);
    }
  }

  release(at: TopicPartition): void {
    this.#owned.delete(partitionName(at));
  }

  /** The partition, if this worker owns it. */
  owned(at: TopicPartition): OwnedPartition | undefined {
    return this.#owned.get(partitionName(at));
  }

  /**
   * Saves that everything before `next` is folded. An older `next` changes nothing.
   * @returns `false` if the progress is not as this worker saved it: the version was lost, or another worker
   *   has the partition
   */
  async advance(owned: OwnedPartition, next: Offset): Promise<boolean> {
    const { value, bytes } = owned.saved;
    if (next <= value.next) return true;
    const progress = { next, until: value.until };
    const saved = await this.#store.saveProgress(this.#version, owned.at, progress, bytes);
    if (saved === undefined) return false;
    owned.saved = { value: progress, bytes: saved };
    return true;
  }

  /** Checks that the store still has the progress of every owned partition as this worker saved it. */
  async isIntact(signal: AbortSignal): Promise<boolean> {
    for (const owned of [...this.#owned.values()]) {
      const { saved } = owned;
      if (saved.value.next < saved.value.until) await this.#skipTail(owned, signal);
      const stored = await this.#store.progress(this.#version, owned.at);
      if (stored?.bytes.equals(owned.saved.bytes) === true) continue;
      // A batch may have advanced the progress, or the partition may have been released, during the read.
      const isUnchanged = owned.saved === saved && this.#owned.get(partitionName(owned.at)) === owned;
      if (isUnchanged) return false;
    }
    return true;
  }

  /**
   * Skips offsets at the end that have no record, such as a transaction's end marker. No batch would ever come
   * for them, and the view would wait for `until` for ever.
   */
  async #skipTail(owned: OwnedPartition, signal: AbortSignal): Promise<void> {
    const { at, saved } = owned;
    const { next, until } = saved.value;
    for await (const { records } of this.#log.read({ ...at, from: next, until }, signal))
      if (records.length > 0) return;
    // A batch may have arrived during the read: it saves its own progress.
    if (owned.saved === saved) await this.advance(owned, until);
  }
}
