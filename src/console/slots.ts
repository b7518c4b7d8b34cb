import { withSignal } from '../core/async.js';

/** C4: how many pieces of work run at the same time. The others wait in their order. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** @throws the signal's reason, if it is aborted before its turn */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#take(signal);
    try {
      return await work();
    } finally {
      this.#give();
    }
  }

  async #take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    let turn!: () => void;
    const waiting = new Promise<void>((resolve) => {
      turn = resolve;
    });
    this.#waiting.push(turn);
    try {
      await withSignal(waiting, signal);
    } catch (error) {
      const at = this.#waiting.indexOf(turn);
      // Its turn has come in the same tick as the abort: the next one gets it.
      if (at < 0) this.#give();
      else this.#waiting.splice(at, 1);
      throw error;
    }
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
