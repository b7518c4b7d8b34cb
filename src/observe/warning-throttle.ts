import { MillraceError } from '../core/errors.js';
import { refusalIn } from '../core/refusal.js';
import type { Logger } from './log.js';

/** An ongoing failure: it was logged once and has not been quiet for long enough since. */
interface OngoingFailure {
  /** How often it was reported, the logged report included. */
  times: number;
  /** By `performance.now`: when it was logged. */
  readonly startedAt: number;
  /** Runs out when the failure has stayed away; each report sets it back. */
  readonly recovery: NodeJS.Timeout;
}

/** Longer than any pause between two attempts, so that a failure that is retried does not look recovered. */
const QUIET_MS = 10_000;

/**
 * Logs what fails over and over as two lines: a warning when it begins, and `recovered:` with the number of failures
 * once it has not been reported for a while. An outage would otherwise write thousands. Metrics count every failure.
 */
export class WarningThrottle implements Disposable {
  readonly #logger: Logger;
  readonly #quietMs: number;
  /** By kind and error code. C4: the code has few kinds, or one for each partition. */
  readonly #ongoing = new Map<string, OngoingFailure>();

  /** @param quietMs after how long without a report a failure counts as recovered */
  constructor(logger: Logger, quietMs = QUIET_MS) {
    this.#logger = logger;
    this.#quietMs = quietMs;
  }

  /**
   * Reports one failure. Logged unless a failure of the same `kind` and error code is ongoing, or it is a refusal, which
   * `ActiveRefusals` has logged.
   * @param fields go into the log line, with the error
   */
  report(
    kind: string,
    error: unknown,
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): void {
    if (refusalIn(error) !== undefined) return;
    const name = `${kind} ${error instanceof MillraceError ? error.code : ''}`;
    const ongoing = this.#ongoing.get(name);
    if (ongoing !== undefined) {
      ongoing.times += 1;
      ongoing.recovery.refresh();
      return;
    }
    this.#logger.warn({ kind, ...fields, err: error }, message);
    const recovery = setTimeout(() => this.#recovered(name, kind, message), this.#quietMs);
    recovery.unref();
    this.#ongoing.set(name, { times: 1, startedAt: performance.now(), recovery });
  }

  #recovered(name: string, kind: string, message: string): void {
    const failure = this.#ongoing.get(name);
    this.#ongoing.delete(name);
    // A single failure needs no second line.
    if (failure === undefined || failure.times === 1) return;
    const milliseconds = Math.round(performance.now() - failure.startedAt) - this.#quietMs;
    this.#logger.warn({ kind, times: failure.times, milliseconds }, `recovered: ${message}`);
  }

  [Symbol.dispose](): void {
    for (const { recovery } of this.#ongoing.values()) clearTimeout(recovery);
    this.#ongoing.clear();
  }
}
