/** Whether the turn is used up, so that the rest of the work has to wait for the next one. */
export type Over = () => boolean;

/** How much of a turn of the event loop replays may take, in milliseconds. */
const BUDGET = 5;

interface Share {
  work(over: Over): boolean;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Lets those who replay share a small part of each turn of the event loop. Replays that share a read all
 * have its events at once: without this, what is live would wait until the last of them was through (D8).
 */
export class ReplayScheduler {
  readonly #now: () => number;
  /** In the order in which they go on. */
  readonly #waiting = new Set<Share>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Does `work` in one turn or in several, until it says that it is done. It is called at the back of the
   * queue each time, and has to go forward before it asks whether the turn is over.
   */
  share(work: (over: Over) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) setImmediate(() => this.#turn());
      this.#waiting.add({ work, resolve, reject });
    });
  }

  #turn(): void {
    const end = this.#now() + BUDGET;
    const over = (): boolean => this.#now() >= end;
    // Those who are not done come again after all others: a set gives what is added meanwhile, too.
    for (const share of this.#waiting) {
      this.#waiting.delete(share);
      try {
        if (share.work(over)) share.resolve();
        else this.#waiting.add(share);
      } catch (error) {
        share.reject(error);
      }
      if (over()) break;
    }
    if (this.#waiting.size > 0) setImmediate(() => this.#turn());
  }
}
