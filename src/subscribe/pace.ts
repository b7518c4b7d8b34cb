/**
 * Lets one at a time go on, each in a turn of the event loop of its own. Replays that share a read all
 * have its events at once: without this, what is live would wait until the last of them was through (D8).
 */
export class Pace {
  readonly #waiting = new Set<() => void>();

  turn(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.size === 0) this.#schedule();
      this.#waiting.add(resolve);
    });
  }

  #schedule(): void {
    setImmediate(() => {
      for (const first of this.#waiting) {
        this.#waiting.delete(first);
        first();
        break;
      }
      if (this.#waiting.size > 0) this.#schedule();
    });
  }
}
