import type { Logger } from './log.js';
import type { Metrics } from './metrics.js';

/** Why a caller was refused: the label of the metric. */
export type RefusalReason = 'credentials' | 'expired' | 'revoked' | 'anonymous' | 'origin' | 'host';

const MAX_LINES_PER_INTERVAL = 20;
const INTERVAL_MS = 10_000;
/** What a caller sent goes into the log up to this length. */
const MAX_VALUE_CHARACTERS = 256;

/**
 * Every refused caller: counted in `millrace_refused_total`, and a warning with `security: true`. The lines are
 * limited (S4), because a caller can be refused as often as it asks; the first line after a pause says how many
 * are missing.
 */
export class SecurityLog {
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #now: () => number;
  #intervalStart = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #omitted = 0;

  /** @param now a monotonic clock, in milliseconds */
  constructor(logger: Logger, metrics: Metrics, now: () => number = () => performance.now()) {
    this.#logger = logger.child({ security: true });
    this.#metrics = metrics;
    this.#now = now;
  }

  /** @param fields what the caller sent, and where it comes from */
  refused(
    reason: RefusalReason,
    message: string,
    fields: Readonly<Record<string, string | undefined>>,
  ): void {
    this.#metrics.refused.inc({ reason });
    const now = this.#now();
    if (now - this.#intervalStart >= INTERVAL_MS) {
      this.#intervalStart = now;
      this.#lines = 0;
    }
    if (this.#lines >= MAX_LINES_PER_INTERVAL) {
      this.#omitted += 1;
      return;
    }
    this.#lines += 1;
    const omitted = this.#omitted === 0 ? {} : { omitted: this.#omitted };
    this.#omitted = 0;
    this.#logger.warn({ reason, ...shortened(fields), ...omitted }, message);
  }

  /** What somebody with the right to do so has done to what others see. A warning, since `LOG_LEVEL` is warn by default: never left out. */
  did(message: string, fields: Readonly<Record<string, string | undefined>>): void {
    this.#logger.warn(shortened(fields), message);
  }
}

function shortened(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const short: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) short[name] = value.slice(0, MAX_VALUE_CHARACTERS);
  }
  return short;
}
