import { FairScheduler, type TickOver } from '../../core/fair-scheduler.js';

/** How long all tabs of a node decode and filter before they rest. */
const WORK_MS = 4;
/** How long they rest then: half of a core is left for subscribers, whatever a filter costs. */
const REST_MS = 4;

/** S4: the share of a node's CPU that the tabs of its console get for reading records, all together. */
export class CpuShare {
  readonly #scheduler = new FairScheduler(WORK_MS);
  #spentMs = 0;
  #rest: Promise<void> | undefined;

  /** Runs `work` until it returns `true`, in several ticks if it takes long. */
  async run(work: (isTickOver: TickOver) => boolean, signal: AbortSignal): Promise<void> {
    for (let isDone = false; !isDone; ) {
      await this.#rest;
      signal.throwIfAborted();
      await this.#scheduler.share((isTickOver) => {
        const start = performance.now();
        isDone = work(isTickOver);
        this.#spentMs += performance.now() - start;
        return true;
      });
      if (this.#spentMs >= WORK_MS) this.#rest ??= this.#resting();
    }
  }

  #resting(): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(() => {
        this.#rest = undefined;
        this.#spentMs = 0;
        resolve();
      }, REST_MS);
    });
  }
}
