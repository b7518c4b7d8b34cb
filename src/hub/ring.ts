import type { Relayed } from '../core/event.js';
import type { Offset } from '../core/ids.js';

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
      this.#bytes += sizeOf(event);
    }
    let drop = 0;
    while (this.#events.length - drop > this.#limit.events || this.#bytes > this.#limit.bytes) {
      const oldest = this.#events[drop];
      if (oldest === undefined) break;
      this.#bytes -= sizeOf(oldest);
      this.#floor = oldest.offset;
      drop += 1;
    }
    if (drop > 0) this.#events = this.#events.slice(drop);
  }

  /** Up to `limit` events after `after`, or `undefined` when the ring does not reach back so far. */
  after(after: Offset, limit: number): readonly Relayed[] | undefined {
    if (after < this.#floor) return undefined;
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.offset ?? 0) <= after) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low, low + limit);
  }

  /** Forgets everything: what comes next does not follow what was here. */
  restart(floor: Offset): void {
    this.#events = [];
    this.#bytes = 0;
    this.#floor = floor;
  }
}

/** The data, and a fair guess at what the attributes weigh. */
const sizeOf = ({ event }: Relayed): number => 400 + (event.data?.length ?? 0);
