import { deferred } from '../core/async.js';
import type { Refusal } from '../core/refusal.js';
import type { Logger } from './log.js';
import type { Metrics } from './metrics.js';

/**
 * What this process is refused at the moment, by any backend: one line in the log when it begins and one when it is
 * mended, a metric in between, and a reason not to be ready.
 */
export class ActiveRefusals {
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #active = new Set<Refusal>();
  readonly #first = deferred<Refusal>();
  #isStarting = false;

  constructor(logger: Logger, metrics: Metrics) {
    this.#logger = logger;
    this.#metrics = metrics;
  }

  /** Those that last, oldest first. */
  get active(): readonly Refusal[] {
    return [...this.#active];
  }

  /** Resolves with the first refusal of this process. */
  get first(): Promise<Refusal> {
    return this.#first.promise;
  }

  /** Until `started`, nothing is logged: a refusal ends the start, and the command line prints the sentence. */
  starting(): void {
    this.#isStarting = true;
  }

  started(): void {
    this.#isStarting = false;
  }

  /** Reports a refusal. Again, it changes nothing. */
  report(refusal: Refusal): void {
    if (this.#active.has(refusal)) return;
    const { kind, message } = refusal;
    const startedAt = performance.now();
    this.#active.add(refusal);
    this.#metrics.refusals.inc({ kind });
    // Without a stack trace: the sentence says all that can be done about it.
    if (!this.#isStarting) this.#logger.error({ kind: 'refused', refusal: kind }, message);
    this.#first.resolve(refusal);
    void refusal.mended.then(() => {
      this.#active.delete(refusal);
      this.#metrics.refusals.dec({ kind });
      const milliseconds = Math.round(performance.now() - startedAt);
      this.#logger.warn({ kind: 'refused', refusal: kind, milliseconds }, `recovered: ${message}`);
    });
  }
}
