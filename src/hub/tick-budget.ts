/** How much of one tick of the event loop live delivery may take. */
const TICK_BUDGET_MS = 10;

/**
 * The time that live delivery may take in one tick of the event loop, shared by all partitions of a node. A burst
 * is delivered over several ticks, so that pings, mutations and other clients are served in between (S4).
 */
export class TickBudget {
  readonly #now: () => number;
  /** When this tick's first delivery began; `undefined` until there is one. */
  #startedAt: number | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Whether this tick's budget is used up. The first call of a tick starts its clock; the immediate resets the
   * clock once the loop has been round, so a quiet node has no timer.
   */
  get isSpent(): boolean {
    const now = this.#now();
    if (this.#startedAt === undefined) {
      this.#startedAt = now;
      setImmediate(() => {
        this.#startedAt = undefined;
      });
    }
    return now - this.#startedAt >= TICK_BUDGET_MS;
  }
}
