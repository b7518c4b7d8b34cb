import type { Relayed } from '../../core/event.js';
import type { Offset, Partition } from '../../core/ids.js';
import type { TopicPartition } from '../../core/position.js';
import { eventBytes } from '../../core/size.js';

/** How much may be remembered, in keys and in bytes (C4). */
export interface ConflationLimits {
  readonly keys: number;
  readonly bytes: number;
}

/** What all conflations of a node remember together: one socket may have a thousand of them (S4). */
export class ConflationBudget {
  readonly #bytes: number;
  used = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  get exceeded(): boolean {
    return this.used > this.#bytes;
  }
}

/** An event that is to be shown, and how many of its partition were left out since the one shown before. */
export interface Survivor {
  readonly at: TopicPartition;
  readonly relayed: Relayed;
  readonly leftOut: number;
}

interface Held {
  readonly at: TopicPartition;
  readonly relayed: Relayed;
  /** Its number among the matching events of its partition. */
  readonly nth: number;
}

interface Counts {
  /** Matching events that were seen. */
  matching: number;
  /** The number of the last one that was taken. */
  taken: number;
  /** Left out before events that could not be shown in the end: told with the next one. */
  owed: number;
}

/**
 * Of the events that a slow client missed, the newest of each key (D8, `onSlow: CONFLATE`). It is told every
 * matching event in the order of its partition, and gives back the oldest of those that are still the newest
 * of their key. Taken in this order, everything at or before the last one was shown, or has a newer one of
 * its key still to come: so the place of each is a cursor like any other (D4).
 *
 * At its limits it says `crowded`: then the oldest is to be shown although a newer one may follow (C4).
 */
export class Conflation {
  readonly #limits: ConflationLimits;
  readonly #budget: ConflationBudget;
  /** In the order of their offsets, partition by partition: what is replaced moves to the end. */
  readonly #held = new Map<string, Held>();
  readonly #seen = new Map<Partition, Offset>();
  readonly #counts = new Map<Partition, Counts>();
  #bytes = 0;

  constructor(limits: ConflationLimits, budget: ConflationBudget) {
    this.#limits = limits;
    this.#budget = budget;
  }

  /** The next matching event of its partition. */
  saw(at: TopicPartition, relayed: Relayed): void {
    const counts = this.#countsOf(at.partition);
    counts.matching += 1;
    const name = nameOf(at, relayed);
    this.#forget(name);
    this.#held.set(name, { at, relayed, nth: counts.matching });
    this.#weigh(eventBytes(relayed));
  }

  /** How far a partition was looked through since everything was shown; `undefined`: not at all. */
  seen(number: Partition): Offset | undefined {
    return this.#seen.get(number);
  }

  lookedThrough(number: Partition, through: Offset): void {
    this.#seen.set(number, through);
  }

  /** How many events are remembered. */
  get size(): number {
    return this.#held.size;
  }

  /** More is remembered than may be. */
  get crowded(): boolean {
    const { keys, bytes } = this.#limits;
    return this.#held.size > 0 && (this.#held.size > keys || this.#bytes > bytes || this.#budget.exceeded);
  }

  /** The one to be shown first. */
  get oldest(): Survivor | undefined {
    for (const { at, relayed, nth } of this.#held.values()) {
      const { taken, owed } = this.#countsOf(at.partition);
      return { at, relayed, leftOut: owed + nth - taken - 1 };
    }
    return undefined;
  }

  /** The oldest is done with. @param shown whether it was shown; what was left out before it was told then */
  took({ at, relayed, leftOut }: Survivor, shown: boolean): void {
    const name = nameOf(at, relayed);
    const counts = this.#countsOf(at.partition);
    counts.taken = this.#held.get(name)?.nth ?? counts.taken;
    counts.owed = shown ? 0 : leftOut;
    this.#forget(name);
  }

  /** Everything was shown. @returns how far each partition was looked through: the subscription stands there */
  finish(): readonly (readonly [Partition, Offset])[] {
    const seen = [...this.#seen];
    this.#seen.clear();
    return seen;
  }

  /** Remembers nothing more: what was not shown is looked for again from where the subscription stands. */
  drop(): void {
    this.#held.clear();
    this.#weigh(-this.#bytes);
    this.#seen.clear();
    for (const counts of this.#counts.values()) {
      counts.matching = 0;
      counts.taken = 0;
    }
  }

  #forget(name: string): void {
    const held = this.#held.get(name);
    if (held === undefined) return;
    this.#held.delete(name);
    this.#weigh(-eventBytes(held.relayed));
  }

  #weigh(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.used += bytes;
  }

  #countsOf(number: Partition): Counts {
    const counts = this.#counts.get(number) ?? { matching: 0, taken: 0, owed: 0 };
    this.#counts.set(number, counts);
    return counts;
  }
}

/** Events without a key have a name of their own, so nothing takes their place. */
function nameOf({ partition: number }: TopicPartition, { offset, event }: Relayed): string {
  return event.subject === null ? `${number}@${offset}` : `${number}/${event.subject}`;
}
