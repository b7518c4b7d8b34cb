/** What came on a stream: a result, as JSON, or a position without one. */
export interface Entry {
  readonly result: string | undefined;
  /** The position after it. `undefined`: the server gives none. */
  readonly cursor: string | undefined;
  readonly cost: number;
}

/**
 * The newest entries of a stream, numbered from 0. The oldest are dropped when there are too many, or they cost too much.
 */
export class Ring {
  readonly #maxEntries: number;
  readonly #maxCost: number;
  readonly #entries = new Map<number, Entry>();
  /** For each cursor, the number that follows its newest entry. */
  readonly #following = new Map<string, number>();
  /** The cursor before the oldest entry. */
  #after: string | undefined;
  #start = 0;
  #end = 0;
  #cost = 0;

  /** @param after the cursor that the stream begins after */
  constructor(after: string | undefined, maxEntries: number, maxCost: number) {
    this.#maxEntries = maxEntries;
    this.#maxCost = maxCost;
    this.#after = after;
    if (after !== undefined) this.#following.set(after, 0);
  }

  /** The number of the oldest entry. */
  get start(): number {
    return this.#start;
  }

  /** The number of the next entry. */
  get end(): number {
    return this.#end;
  }

  push(entry: Entry): void {
    this.#entries.set(this.#end, entry);
    this.#end += 1;
    this.#cost += entry.cost;
    if (entry.cursor !== undefined) this.#following.set(entry.cursor, this.#end);
    // The newest entry stays, whatever it costs: otherwise no tab could ever read it.
    const isFull = (): boolean => this.#entries.size > this.#maxEntries || this.#cost > this.#maxCost;
    while (this.#entries.size > 1 && isFull()) this.#drop();
  }

  at(number: number): Entry | undefined {
    return this.#entries.get(number);
  }

  /** The number of the entry that follows a cursor. `undefined`: the ring does not know, or no longer has it. */
  following(cursor: string): number | undefined {
    return this.#following.get(cursor);
  }

  #drop(): void {
    const entry = this.#entries.get(this.#start);
    this.#entries.delete(this.#start);
    // The entry after the dropped one may still be here, so the dropped cursor stays until the next drop.
    if (this.#after !== undefined && this.#following.get(this.#after) === this.#start)
      this.#following.delete(this.#after);
    this.#after = entry?.cursor;
    this.#cost -= entry?.cost ?? 0;
    this.#start += 1;
  }
}
