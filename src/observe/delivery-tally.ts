import type { Relayed } from '../core/event.js';

/** No cohort of the field showed the event. */
const NOT_SHOWN = -1;

/**
 * How many clients of each field took each event of one delivery. Reused, so that counting allocates nothing; it costs a
 * cohort one addition for each of its events, whatever the number of its members.
 */
export class DeliveryTally {
  #events: readonly Relayed[] = [];
  /** By the number of the field; then by the index of the event. */
  readonly #clients: Int32Array[] = [];

  begin(events: readonly Relayed[]): void {
    this.#events = events;
    for (const clients of this.#clients) clients.fill(NOT_SHOWN, 0, events.length);
  }

  /**
   * A cohort showed some of the events, in their order.
   * @param taken how many results its members took in all. Members that stop take the first ones, so this says how many took
   *   each event, unless several of them stopped at once: then the sum is right, and not each event's share
   */
  shown(field: number, shown: readonly { readonly relayed: Relayed }[], taken: number): void {
    const clients = this.#of(field);
    const whole = Math.floor(taken / shown.length);
    const rest = taken - whole * shown.length;
    let at = 0;
    for (let i = 0; i < shown.length; i += 1) {
      const offset = shown[i]?.relayed.offset;
      while (at < this.#events.length && this.#events[at]?.offset !== offset) at += 1;
      clients[at] = Math.max(0, clients[at] ?? 0) + whole + (i < rest ? 1 : 0);
    }
  }

  /**
   * Neighbouring events that the same happened to, by field. Events that no field showed have the field -1.
   * @param run called with the field, the first and the last offset, and the number of clients
   */
  runs(run: (field: number, first: number, last: number, clients: number) => void): void {
    const { length } = this.#events;
    for (let field = NOT_SHOWN; field < this.#clients.length; field += 1) {
      for (let i = 0; i < length; ) {
        const clients = this.#valueAt(field, i);
        let next = i + 1;
        while (next < length && this.#valueAt(field, next) === clients) next += 1;
        const [first, last] = [this.#events[i], this.#events[next - 1]];
        if (clients !== NOT_SHOWN && first !== undefined && last !== undefined)
          run(field, first.offset, last.offset, clients);
        i = next;
      }
    }
    this.#events = [];
  }

  /** Of the field -1: 0 if no field showed the event. */
  #valueAt(field: number, index: number): number {
    if (field >= 0) return this.#clients[field]?.[index] ?? NOT_SHOWN;
    for (let one = 0; one < this.#clients.length; one += 1)
      if (this.#valueAt(one, index) !== NOT_SHOWN) return NOT_SHOWN;
    return 0;
  }

  #of(field: number): Int32Array {
    const { length } = this.#events;
    for (let next = this.#clients.length; next <= field; next += 1)
      this.#clients.push(new Int32Array(length).fill(NOT_SHOWN));
    const known = this.#clients[field];
    if (known !== undefined && known.length >= length) return known;
    const grown = new Int32Array(2 * length).fill(NOT_SHOWN);
    if (known !== undefined) grown.set(known);
    this.#clients[field] = grown;
    return grown;
  }
}
