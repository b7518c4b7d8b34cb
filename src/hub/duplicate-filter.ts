import type { Relayed } from '../core/event.js';
import type { Offset } from '../core/ids.js';
import { RecentIds } from '../core/recent-ids.js';

/**
 * D1: drops an event that has the id of an earlier idempotent event of the partition. It is a retry of the same
 * mutation, whose first attempt did reach the log. The fan-out drops such events too, but the log has both, so
 * they appear when a gap or a replay is read from the log.
 */
export class DuplicateFilter {
  readonly #ids = new RecentIds<Offset>();

  /**
   * Returns `events` without duplicates. The first occurrence is the one at the lowest offset, not the one seen first:
   * a replay reads offsets below those that were already delivered live.
   */
  filter(events: readonly Relayed[]): readonly Relayed[] {
    if (!events.some(({ event }) => event.idempotent)) return events;
    return events.filter(({ event, offset }) => {
      if (!event.idempotent) return true;
      const first = this.#ids.get(event.id);
      if (first !== undefined && first < offset) return false;
      this.#ids.add(event.id, offset);
      return true;
    });
  }
}
