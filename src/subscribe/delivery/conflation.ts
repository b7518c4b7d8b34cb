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

/** An event to deliver. */
interface Survivor {
  readonly at: TopicPartition;
  readonly relayed: Relayed;
  /** How many matching events of its partition were left out since the last one delivered. */
  readonly leftOut: number;
}

interface RememberedEvent {
  readonly at: TopicPartition;
  readonly relayed: Relayed;
  /** Its number among the matching events of its partition. */
  readonly nth: number;
}

interface PartitionCounts {
  /** Matching events so far. */
  matching: number;
  /** The number of the last one that was taken. */
  taken: number;
  /** Left out before events that turned out to have no result: reported with the next result. */
  owed: number;
}

/**
 * Of the events that a slow client missed, the newest of each key (D8, `onSlow: CONFLATE`). It takes every
 * matching event in the order of its partition, and gives back the oldest of those that are still the newest of
 * their key. In this order, everything at or before the last one taken was delivered, or has a newer event of
 * its key still to come. So the position of each result is a cursor like any other (D4).
 *
 * Beyond its limits it is `crowded`: then the oldest is delivered although a newer one may follow (C4).
 */
export class Conflation {
  readonly #limits: ConflationLimits;
  readonly #budget: ConflationBudget;
  /** In the order of their offsets, partition by partition: a newer event of a key moves to the end. */
  readonly #remembered = new Map<string, RememberedEvent>();
  readonly #scannedTo = new Map<Partition, Offset>();
  readonly #counts = new Map<Partition, PartitionCounts>();
  #bytes = 0;

  constructor(limits: ConflationLimits, budget: ConflationBudget) {
    this.#limits = limits;
    this.#budget = budget;
  }

  /** Remembers the next matching event of its partition, in place of the previous one of its key. */
  add(at: TopicPartition, relayed: Relayed): void {
    const counts = this.#countsOf(at.partition);
    counts.matching += 1;
    const name = nameOf(at, relayed);
    this.#forget(name);
    this.#remembered.set(name, { at, relayed, nth: counts.matching });
    this.#addBytes(eventBytes(relayed));
  }

  /** How far a partition was scanned since everything was delivered; `undefined`: not at all. */
  scannedTo(number: Partition): Offset | undefined {
    return this.#scannedTo.get(number);
  }

  scanned(number: Partition, through: Offset): void {
    this.#scannedTo.set(number, through);
  }

  /** How many events are remembered. */
  get size(): number {
    return this.#remembered.size;
  }

  /** Whether more is remembered than allowed. */
  get crowded(): boolean {
    const { keys, bytes } = this.#limits;
    const { size } = this.#remembered;
    return size > 0 && (size > keys || this.#bytes > bytes || this.#budget.exceeded);
  }

  /** The one to deliver first. */
  get oldest(): Survivor | undefined {
    for (const { at, relayed, nth } of this.#remembered.values()) {
      const { taken, owed } = this.#countsOf(at.partition);
      return { at, relayed, leftOut: owed + nth - taken - 1 };
    }
    return undefined;
  }

  /**
   * The oldest is done.
   * @param delivered whether its result reached the client; if not, what was left out before it is still owed
   */
  took({ at, relayed, leftOut }: Survivor, delivered: boolean): void {
    const name = nameOf(at, relayed);
    const counts = this.#countsOf(at.partition);
    counts.taken = this.#remembered.get(name)?.nth ?? counts.taken;
    counts.owed = delivered ? 0 : leftOut;
    this.#forget(name);
  }

  /** Everything was delivered. @returns how far each partition was scanned: the subscription's new position */
  finish(): readonly (readonly [Partition, Offset])[] {
    const scanned = [...this.#scannedTo];
    this.#scannedTo.clear();
    return scanned;
  }

  /** Forgets everything: what was not delivered is scanned again from the subscription's position. */
  drop(): void {
    this.#remembered.clear();
    this.#addBytes(-this.#bytes);
    this.#scannedTo.clear();
    for (const counts of this.#counts.values()) {
      counts.matching = 0;
      counts.taken = 0;
    }
  }

  #forget(name: string): void {
    const remembered = this.#remembered.get(name);
    if (remembered === undefined) return;
    this.#remembered.delete(name);
    this.#addBytes(-eventBytes(remembered.relayed));
  }

  #addBytes(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.used += bytes;
  }

  #countsOf(number: Partition): PartitionCounts {
    const counts = this.#counts.get(number) ?? { matching: 0, taken: 0, owed: 0 };
    this.#counts.set(number, counts);
    return counts;
  }
}

/** Events without a key have a name of their own, so that nothing replaces them. */
function nameOf({ partition: number }: TopicPartition, { offset, event }: Relayed): string {
  return event.subject === null ? `${number}@${offset}` : `${number}/${event.subject}`;
}
