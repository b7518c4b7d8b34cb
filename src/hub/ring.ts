import { bisect } from '../core/bisect.js';
import type { Relayed } from '../core/event.js';
import type { Offset } from '../core/ids.js';
import { eventBytes } from '../core/size.js';

interface RingLimit {
  readonly events: number;
  readonly bytes: number;
}

/**
 * The newest events of one partition, in memory. The nearest part of the window: a replay from here costs no read.
 *
 * Invariant: contains every visible event in `(floor, newest]`, so it can answer for any position at or above `floor`.
 */
export class Ring {
  readonly #limit: RingLimit;
  #events: Relayed[] = [];
  #bytes = 0;
  #floor: Offset;

  /** @param limit at either limit the oldest events leave, and `floor` rises (C4) */
  constructor(floor: Offset, limit: RingLimit) {
    this.#floor = floor;
    this.#limit = limit;
  }

  /** Adds events that follow the newest one. */
  push(events: readonly Relayed[]): void {
    for (const event of events) {
      this.#events.push(event);
      this.#bytes += eventBytes(event);
    }
    let drop = 0;
    while (this.#events.length - drop > this.#limit.events || this.#bytes > this.#limit.bytes) {
      const oldest = this.#events[drop];
      if (oldest === undefined) break;
      this.#bytes -= eventBytes(oldest);
      this.#floor = oldest.offset;
      drop += 1;
    }
    if (drop > 0) this.#events = this.#events.slice(drop);
  }

  /** Up to `limit` events after `after`; `undefined` when the ring does not reach back to `after`. */
  after(after: Offset, limit: number): readonly Relayed[] | undefined {
    if (after < this.#floor) return undefined;
    const events = this.#events;
    const first = bisect(0, events.length, (i) => (events[i]?.offset ?? 0) <= after);
    return events.slice(first, first + limit);
  }

  /** Drops everything: the next event does not follow the newest one here. */
  restart(floor: Offset): void {
    this.#events = [];
    this.#bytes = 0;
    this.#floor = floor;
  }
}
