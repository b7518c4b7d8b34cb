import { bisect } from '../core/bisect.js';
import type { Relayed } from '../core/event.js';
import type { Offset } from '../core/ids.js';
import { eventBytes } from '../core/size.js';

/** The newest events of one partition in memory: every visible one in `(floor, newest]`. */
export class Ring {
  readonly #limit: { readonly events: number; readonly bytes: number };
  #events: Relayed[] = [];
  #bytes = 0;
  #floor: Offset;

  /** @param limit at either bound the oldest events leave (C4) */
  constructor(floor: Offset, limit: { readonly events: number; readonly bytes: number }) {
    this.#floor = floor;
    this.#limit = limit;
  }

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

  /** Up to `limit` events after `after`, or `undefined` when the ring does not reach back so far. */
  after(after: Offset, limit: number): readonly Relayed[] | undefined {
    if (after < this.#floor) return undefined;
    const events = this.#events;
    const first = bisect(0, events.length, (i) => (events[i]?.offset ?? 0) <= after);
    return events.slice(first, first + limit);
  }

  /** Forgets everything: what comes next does not follow what was here. */
  restart(floor: Offset): void {
    this.#events = [];
    this.#bytes = 0;
    this.#floor = floor;
  }
}
