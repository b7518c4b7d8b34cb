import type { LifeSubscription } from './operations';

type Step = LifeSubscription['life'];
export type Progress = Step['progress'];

/** An event, with what dead letters say of it. */
export interface FoundEvent extends Omit<Step['events'][number], 'offset'> {
  readonly offset: number;
  /** `shop.orders/3@17`: unique, and where to find it. */
  readonly position: string;
  /** Its time, in milliseconds since 1970. */
  readonly at: number;
  readonly letters: readonly Letter[];
}

export interface Letter extends Omit<Step['letters'][number], 'offset' | 'letterOffset'> {
  readonly offset: number;
  readonly letterOffset: number;
  readonly position: string;
}

/** What readings of one id have found so far. */
export interface Found {
  /** In the order of time. */
  readonly events: readonly FoundEvent[];
  /** About records that are no events. */
  readonly orphans: readonly Letter[];
  readonly progress: Progress | undefined;
  /** Of a reading that is done: what further ones pass on. */
  readonly reading: string | undefined;
}

/**
 * Collects what readings find. Events and letters may come again: where a reading went on, and where a window was read
 * again for what was learnt late.
 */
export class Collection {
  readonly #events = new Map<string, FoundEvent>();
  readonly #letters = new Map<string, Letter>();
  #progress: Progress | undefined;
  #reading: string | undefined;

  add({ events, letters, progress, reading }: Step): void {
    for (const event of events) {
      const offset = Number(event.offset);
      const position = positionName(event.topic, event.partition, offset);
      this.#events.set(position, { ...event, offset, position, at: Date.parse(event.time), letters: [] });
    }
    for (const letter of letters) {
      const offset = Number(letter.offset);
      const letterOffset = Number(letter.letterOffset);
      const position = positionName(letter.topic, letter.partition, offset);
      const name = positionName(letter.letterTopic, letter.letterPartition, letterOffset);
      this.#letters.set(name, { ...letter, offset, letterOffset, position });
    }
    this.#progress = progress;
    this.#reading = reading ?? undefined;
  }

  /** @returns what was found, in a new object */
  found(): Found {
    const letters = new Map<string, Letter[]>();
    for (const letter of this.#letters.values()) {
      const of = letters.get(letter.position) ?? [];
      of.push(letter);
      letters.set(letter.position, of);
    }
    const events = [...this.#events.values()]
      .map((event) => {
        const of = letters.get(event.position);
        return of === undefined ? event : { ...event, letters: of };
      })
      .sort(byTime);
    const orphans = [...this.#letters.values()].filter(({ position }) => !this.#events.has(position));
    return { events, orphans, progress: this.#progress, reading: this.#reading };
  }
}

export const NOTHING: Found = { events: [], orphans: [], progress: undefined, reading: undefined };

export const positionName = (topic: string, partition: number, offset: number): string =>
  `${topic}/${partition}@${offset}`;

export const byTime = (a: FoundEvent, b: FoundEvent): number =>
  a.at - b.at ||
  (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition || a.offset - b.offset);
