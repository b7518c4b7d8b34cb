/** The longest delay of Node's timers, which fire at once when it is longer. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** One timer for a deadline that may be months away. It does not keep the process alive. */
export class DeadlineTimer implements Disposable {
  #timer: NodeJS.Timeout | undefined;

  /**
   * Replaces the previous deadline.
   * @param deadline in milliseconds since 1970; one in the past fires on the next tick
   */
  set(deadline: number, run: () => void): void {
    this.clear();
    const remaining = Math.max(0, deadline - Date.now());
    const next = remaining > MAX_DELAY_MS ? () => this.set(deadline, run) : run;
    this.#timer = setTimeout(next, Math.min(remaining, MAX_DELAY_MS));
    this.#timer.unref();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
