/** How much of one turn of the event loop what is live may take, in milliseconds. */
const BUDGET = 10;

/**
 * The turn of the event loop, shared by all partitions of a node: a burst is handed out over several turns, so
 * that pings, mutations and other clients are served in between (S4).
 */
export class Turn {
  readonly #now: () => number;
  #began: number | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether this turn is used up. */
  get isOver(): boolean {
    const now = this.#now();
    if (this.#began === undefined) {
      this.#began = now;
      setImmediate(() => {
        this.#began = undefined;
      });
    }
    return now - this.#began >= BUDGET;
  }
}
