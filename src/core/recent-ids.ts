import type { Offset } from './ids.js';

/** How many ids are remembered when nothing else is specified. */
export const RECENT_IDS = 10_000;

/**
 * The ids of the last idempotent events, each with what is known of it: a second event with such an id is a retry of
 * the first, and nobody acts on it again (D1).
 *
 * C4: bounded. The oldest id leaves; a retry that arrives later than `max` other idempotent events is not recognised.
 */
export class RecentIds<T = Offset> {
  readonly #max: number;
  readonly #known = new Map<string, T>();
  /** The ids in a circle, so that the oldest is found without a walk; `#oldest` is its index once the circle is full. */
  readonly #circle: string[] = [];
  #oldest = 0;

  constructor(max = RECENT_IDS) {
    this.#max = max;
  }

  /** What is known of `id`; `undefined` when it is not remembered. */
  get(id: string): T | undefined {
    return this.#known.get(id);
  }

  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** Remembers `value` of `id`. An id that is remembered already keeps its age. */
  add(id: string, value: T): void {
    const isKnown = this.#known.has(id);
    this.#known.set(id, value);
    if (isKnown) return;
    if (this.#circle.length < this.#max) {
      this.#circle.push(id);
      return;
    }
    const oldest = this.#circle[this.#oldest];
    if (oldest !== undefined) this.#known.delete(oldest);
    this.#circle[this.#oldest] = id;
    this.#oldest = (this.#oldest + 1) % this.#max;
  }

  /** Adds all that `other` remembers, oldest first. */
  addAll(other: RecentIds<T>): void {
    const ids = [...other.#circle.slice(other.#oldest), ...other.#circle.slice(0, other.#oldest)];
    for (const id of ids) {
      const value = other.#known.get(id);
      if (value !== undefined) this.add(id, value);
    }
  }

  clear(): void {
    this.#known.clear();
    this.#circle.length = 0;
    this.#oldest = 0;
  }
}
