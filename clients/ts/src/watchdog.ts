/** How long a server without heartbeats may be silent before it is asked. */
const QUIET_MS = 30_000;
/** How many heartbeats may be missing. */
const MISSING_HEARTBEATS = 2.5;

/**
 * Finds a connection that died without a close. It asks the server before it gives up: after the machine slept, or in a
 * background page, a timer fires before the messages that arrived meanwhile.
 */
export class Watchdog {
  readonly #now: () => number;
  readonly #limitMs: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #heardAt: number;
  #askedAt: number | undefined;

  /**
   * @param heartbeatMs of the server; `undefined`: it sends none
   * @param ask for a sign of life
   */
  constructor(heartbeatMs: number | undefined, now: () => number, ask: () => void, onSilent: () => void) {
    this.#now = now;
    this.#limitMs = heartbeatMs === undefined ? QUIET_MS : heartbeatMs * MISSING_HEARTBEATS;
    this.#heardAt = now();
    this.#timer = setInterval(() => {
      const silentMs = now() - this.#heardAt;
      if (silentMs < this.#limitMs) return;
      if (this.#askedAt === undefined) {
        this.#askedAt = now();
        ask();
      } else onSilent();
    }, this.#limitMs / 3);
  }

  heard(): void {
    this.#heardAt = this.#now();
    this.#askedAt = undefined;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
