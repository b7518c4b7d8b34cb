import { LRUCache } from 'lru-cache';
import type { Event } from '../core/event.js';

/** How many ids an `EventDeduplicator` remembers when its owner does not choose. */
export const DEFAULT_REMEMBERED_IDS = 10_000;

/**
 * D1: recognises an event that was published twice with one idempotency key, so that its second copy has no
 * effect. Both copies have the same id, because the id is derived from the key.
 *
 * An id counts only once the batch that contained it is committed: a batch that fails is delivered again, and
 * must not mistake its own first attempt for a duplicate. So `admit` collects the ids of one batch in
 * `pending`, and `confirm` remembers them after the commit.
 */
export class EventDeduplicator {
  readonly #handled: LRUCache<string, true>;

  constructor(rememberedIds = DEFAULT_REMEMBERED_IDS) {
    this.#handled = new LRUCache({ max: rememberedIds });
  }

  /**
   * @param scope where ids are unique: both copies have the same key, so they are in the same partition
   * @param pending the ids of the batch so far
   * @returns `false` for a duplicate
   */
  admit(scope: string, event: Event, pending: Set<string>): boolean {
    if (event.idempotent !== true) return true;
    const name = nameOf(scope, event);
    if (pending.has(name) || this.#handled.has(name)) return false;
    pending.add(name);
    return true;
  }

  /** The batch that these ids belong to is committed. */
  confirm(pending: Iterable<string>): void {
    for (const name of pending) this.#handled.set(name, true);
  }

  /** Remembers an event that is part of the committed state, whoever handled it. */
  remember(scope: string, event: Event): void {
    if (event.idempotent === true) this.#handled.set(nameOf(scope, event), true);
  }

  /** Remembers everything that `other` does. */
  merge(other: EventDeduplicator): void {
    // Oldest first, so that the newest ids are the last to be evicted.
    for (const name of other.#handled.rkeys()) this.#handled.set(name, true);
  }
}

const nameOf = (scope: string, event: Event): string => `${scope}/${event.id}`;
