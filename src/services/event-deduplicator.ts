import type { Event } from '../core/event.js';
import { RECENT_IDS, RecentIds } from '../core/recent-ids.js';

/** The idempotent events of a batch that is not committed yet, by scope and id. */
export type PendingIds = ReadonlySet<string>;

/**
 * D1: recognises an event that was published twice with one idempotency key, so that its second copy has no
 * effect. Both copies have the same id, because the id is derived from the key.
 *
 * An id counts only once the batch that contained it is committed: a batch that fails is delivered again, and
 * must not mistake its own first attempt for a duplicate. So `admit` collects the ids of one batch in
 * `pending`, and `confirm` remembers them after the commit.
 */
export class EventDeduplicator {
  readonly #handled: RecentIds<true>;

  /** @param rememberedIds how many ids are remembered, over all scopes (C4) */
  constructor(rememberedIds = RECENT_IDS) {
    this.#handled = new RecentIds(rememberedIds);
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
  confirm(pending: PendingIds): void {
    for (const name of pending) this.#handled.add(name, true);
  }

  /** Remembers an event that is part of the committed state, by whichever member it was handled. */
  remember(scope: string, event: Event): void {
    if (event.idempotent === true) this.#handled.add(nameOf(scope, event), true);
  }

  /** Remembers everything that `other` does. */
  merge(other: EventDeduplicator): void {
    this.#handled.addAll(other.#handled);
  }
}

const nameOf = (scope: string, event: Event): string => `${scope}/${event.id}`;
