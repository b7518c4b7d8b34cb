/** Whether the tick's budget is used up, so that the rest of the work has to wait for the next tick. */
export type TickOver = () => boolean;

interface Job {
  work(isTickOver: TickOver): boolean;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Lets jobs share a part of each tick of the event loop, in turns. What the budget does not cover waits for the next
 * tick, after the input and output of everybody else: a job of a second delays nobody by a second.
 */
export class FairScheduler {
  readonly #budgetMs: number;
  readonly #now: () => number;
  /** In the order in which they run. */
  readonly #jobs = new Set<Job>();

  /**
   * @param budgetMs how much of each tick all jobs together may take
   * @param now a monotonic clock, in milliseconds
   */
  constructor(budgetMs: number, now: () => number = () => performance.now()) {
    this.#budgetMs = budgetMs;
    this.#now = now;
  }

  /**
   * Runs `work` once in a tick, in one tick or in several, until it returns `true`. Between two runs it goes to the back
   * of the queue. `work` must make progress before it asks whether the tick is over, or it never ends.
   */
  share(work: (isTickOver: TickOver) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#jobs.size === 0) setImmediate(() => this.#tick());
      this.#jobs.add({ work, resolve, reject });
    });
  }

  #tick(): void {
    const end = this.#now() + this.#budgetMs;
    const isTickOver = (): boolean => this.#now() >= end;
    let left = this.#jobs.size;
    // A job that is not done goes behind all others. A set also iterates over what is added meanwhile, hence `left`.
    for (const job of this.#jobs) {
      left -= 1;
      this.#jobs.delete(job);
      try {
        if (job.work(isTickOver)) job.resolve();
        else this.#jobs.add(job);
      } catch (error) {
        job.reject(error);
      }
      if (left === 0 || isTickOver()) break;
    }
    if (this.#jobs.size > 0) setImmediate(() => this.#tick());
  }
}
