/** The longest that Node's timers wait; longer ones would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** One timer for a moment that may be far away. It does not keep the process alive. */
export class Timer implements Disposable {
  #timer: NodeJS.Timeout | undefined;

  /** @param when in milliseconds since 1970; what was set before is forgotten */
  at(when: number, run: () => void): void {
    this[Symbol.dispose]();
    const left = Math.max(0, when - Date.now());
    const wait = Math.min(left, LONGEST);
    this.#timer = setTimeout(() => (left > LONGEST ? this.at(when, run) : run()), wait);
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
