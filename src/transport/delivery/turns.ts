import { FairScheduler } from '../../core/fair-scheduler.js';

/** How much of each tick of the event loop all work that waits for its turn may take together. */
const WAITING_BUDGET_MS = 2;

/** The turns in which the connections of a node are served: one for all of its transports (S4). */
export class Turns {
  readonly scheduler: FairScheduler;
  readonly now: () => number;
  #tick = 0;
  #ends = false;
  readonly #endTick = (): void => {
    this.#tick += 1;
    this.#ends = false;
  };

  /** @param now a monotonic clock, in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
    this.scheduler = new FairScheduler(WAITING_BUDGET_MS, now);
  }

  /** Another number in each tick of the event loop. A quiet node has no timer. */
  get tick(): number {
    if (!this.#ends) {
      this.#ends = true;
      setImmediate(this.#endTick);
    }
    return this.#tick;
  }
}
