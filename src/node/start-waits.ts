/** A start that takes longer says what it waits for. Nobody wonders about a shorter one. */
const SAY_AFTER_MS = 3_000;
const MS_PER_S = 1_000;

/** Says what a process that starts, or a command, waits for: one line after a few seconds, and one when the wait is over. */
export class StartWaits {
  readonly #say: (sentence: string) => void;
  readonly #sayAfterMs: number;

  constructor(say: (sentence: string) => void = () => undefined, sayAfterMs = SAY_AFTER_MS) {
    this.#say = say;
    this.#sayAfterMs = sayAfterMs;
  }

  /** @param what such as `Kafka at 127.0.0.1:9092 to describe its topics` */
  async for<T>(what: string, work: Promise<T>): Promise<T> {
    const startedAt = performance.now();
    let isSaid = false;
    const timer = setTimeout(() => {
      isSaid = true;
      this.#say(`Waiting for ${what} …`);
    }, this.#sayAfterMs);
    try {
      const result = await work;
      const seconds = ((performance.now() - startedAt) / MS_PER_S).toFixed(1);
      if (isSaid) this.#say(`Waited ${seconds} s for ${what}.`);
      return result;
    } finally {
      // A start that fails ends with the reason.
      clearTimeout(timer);
    }
  }
}
