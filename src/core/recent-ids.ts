import type { Offset } from './ids.js';

/** How many ids are remembered when nothing else is specified. */
export const RECENT_IDS = 10_000;

/**
 * The ids of the last idempotent events of a partition, each with the offset where it was first seen: a second event
 * with such an id is a retry of the first, and nobody acts on it again (D1).
 *
 * C4: bounded. The oldest id leaves; a retry that comes later than `max` other idempotent events is not recognised.
 */
export class RecentIds {
  readonly #max: number;
  readonly #offsets = new Map<string, Offset>();
  /** The ids in a circle, so that the oldest is found without a walk; `#oldest` is its index once the circle is full. */
  readonly #circle: string[] = [];
  #oldest = 0;

  constructor(max = RECENT_IDS) {
    this.#max = max;
  }

  /** Where `id` was first seen; `undefined` when it is not remembered. */
  get(id: string): Offset | undefined {
    return this.#offsets.get(id);
  }

  has(id: string): boolean {
    return this.#offsets.has(id);
  }

  /** Remembers `id` at `at`. An id that is remembered already keeps its age. */
  add(id: string, at: Offset): void {
    const known = this.#offsets.has(id);
    this.#offsets.set(id, at);
    if (known) return;
    if (this.#circle.length < this.#max) {
      this.#circle.push(id);
      return;
    }
    const oldest = this.#circle[this.#oldest];
    if (oldest !== undefined) this.#offsets.delete(oldest);
    this.#circle[this.#oldest] = id;
    this.#oldest = (this.#oldest + 1) % this.#max;
  }

  /** Adds all that `other` remembers, oldest first. */
  addAll(other: RecentIds): void {
    const ids = [...other.#circle.slice(other.#oldest), ...other.#circle.slice(0, other.#oldest)];
    for (const id of ids) {
      const at = other.#offsets.get(id);
      if (at !== undefined) this.add(id, at);
    }
  }

  clear(): void {
    this.#offsets.clear();
    this.#circle.length = 0;
    this.#oldest = 0;
  }
}
