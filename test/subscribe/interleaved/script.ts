import type { Scheduler } from 'fast-check';
import { vi } from 'vitest';

/** A script is some hundred decisions long. */
const ENDLESS = 5_000;

/**
 * When things happen: whatever takes time in a real log or fan-out waits here, and the scheduler decides
 * what continues next. Between two decisions every promise that can continue does, as in one turn of the event
 * loop. Time stands still unless the script moves it.
 */
export class Script {
  readonly #scheduler: Scheduler;
  readonly #turn: typeof setImmediate = setImmediate;
  #now = 0;
  #decisions = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    // Each look at the clock takes its time, so that work is cut into turns.
    vi.spyOn(performance, 'now').mockImplementation(() => {
      this.#now += 1.5;
      return this.#now;
    });
    vi.stubGlobal('setImmediate', (run: () => void) => void this.wait('a turn of the loop').then(run));
  }

  /** Resolves when the scheduler says so. */
  wait(label: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), label);
  }

  /** Runs these one after the other; anything else may run before, between and after them. */
  async run(actions: readonly { readonly label: string; readonly builder: () => Promise<void> }[]) {
    const { task } = this.#scheduler.scheduleSequence([...actions]);
    await this.#untilIdle();
    const { faulty } = await task;
    if (faulty) throw new Error('An action of the script failed');
  }

  /** Advances the time, and runs what is due. */
  async pass(milliseconds: number): Promise<void> {
    this.tick(milliseconds);
    await this.#untilIdle();
  }

  /** As in `pass`, in the middle of a script: what it sets off is decided on later. */
  tick(milliseconds: number): void {
    this.#now += milliseconds;
    vi.advanceTimersByTime(milliseconds);
  }

  async #untilIdle(): Promise<void> {
    await this.#settled();
    while (this.#scheduler.count() > 0) {
      if (++this.#decisions > ENDLESS) throw new Error(`No end after ${ENDLESS} decisions`);
      await this.#scheduler.waitOne();
      await this.#settled();
    }
  }

  /** Every promise has gone on as far as it can. */
  #settled(): Promise<void> {
    return new Promise((resolve) => this.#turn(resolve));
  }

  [Symbol.dispose](): void {
    vi.restoreAllMocks();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  }
}
