/** How long a server without heartbeats may be silent before it is asked. */
const QUIET_MS = 30_000;
/** How many heartbeats may be missing. */
const MISSING_HEARTBEATS = 2.5;

/**
 * Finds a connection that died without a close. It asks the server before it gives up: after the machine slept, or in a
 * background page, a timer fires before the messages that arrived meanwhile.
 */
export class Watchdog {
  readonly #timer: ReturnType<typeof setInterval>;
  #heardAt: readonly number[];
  #isHeard = false;
  #isAsked = false;

  /**
   * @param heartbeatMs of the server; `undefined`: it sends none
   * @param clocks in milliseconds; the one by which the server is silent for longer counts. The wall clock may be set back by
   *   an hour, and the monotonic clock may stand still while the machine sleeps
   * @param ask for a sign of life
   */
  constructor(
    heartbeatMs: number | undefined,
    clocks: readonly (() => number)[],
    ask: () => void,
    onSilent: () => void,
  ) {
    const limitMs = heartbeatMs === undefined ? QUIET_MS : heartbeatMs * MISSING_HEARTBEATS;
    this.#heardAt = clocks.map((clock) => clock());
    this.#timer = setInterval(() => {
      const now = clocks.map((clock) => clock());
      if (this.#isHeard) {
        this.#heardAt = now;
        this.#isHeard = false;
        this.#isAsked = false;
      } else if (now.some((at, i) => at - (this.#heardAt[i] ?? at) >= limitMs)) {
        if (this.#isAsked) onSilent();
        else ask();
        this.#isAsked = true;
      }
    }, limitMs / 3);
  }

  /** Called for each message, so it does not read a clock. */
  heard(): void {
    this.#isHeard = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
