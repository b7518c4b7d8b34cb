/** Whether the tick's budget is used up, so that the rest of the work has to wait for the next tick. */
export type TickOver = () => boolean;

/** How much of each tick of the event loop all replays together may take. */
const TICK_BUDGET_MS = 5;

interface Job {
  work(isTickOver: TickOver): boolean;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Lets replays share a small part of each tick of the event loop. Replays that share a read all get its events
 * at once: without a budget, live subscribers would wait until the last of them was through (D8).
 */
export class ReplayScheduler {
  readonly #now: () => number;
  /** In the order in which they run. */
  readonly #jobs = new Set<Job>();

  /** @param now a monotonic clock, in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Runs `work` in one tick or in several, until it returns `true`. Between two runs it goes to the back of
   * the queue. `work` must make progress before it asks whether the tick is over, or it never ends.
   */
  share(work: (isTickOver: TickOver) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#jobs.size === 0) setImmediate(() => this.#tick());
      this.#jobs.add({ work, resolve, reject });
    });
  }

  #tick(): void {
    const end = this.#now() + TICK_BUDGET_MS;
    const isTickOver = (): boolean => this.#now() >= end;
    // A job that is not done goes behind all others: a set also iterates over what is added meanwhile.
    for (const job of this.#jobs) {
      this.#jobs.delete(job);
      try {
        if (job.work(isTickOver)) job.resolve();
        else this.#jobs.add(job);
      } catch (error) {
        job.reject(error);
      }
      if (isTickOver()) break;
    }
    if (this.#jobs.size > 0) setImmediate(() => this.#tick());
  }
}
