import { withSignal } from '../core/async.js';
import { Deadline } from '../core/deadline.js';
import { type Refusal, refusalIn } from '../core/refusal.js';
import type { WarningThrottle } from './warning-throttle.js';

/** Asks one thing that the node needs. Rejects when it cannot be reached. */
export type ReadinessCheck = (signal: AbortSignal) => Promise<unknown>;

/** What `/readyz` answers. */
export interface ReadinessReport {
  readonly ready: boolean;
  /** The names of the checks that failed. */
  readonly missing: readonly string[];
  /** `ok`, or what is wrong, by the name of the check. */
  readonly checks: Readonly<Record<string, string>>;
  /** What is refused until somebody mends it, a sentence each. Not public: it names users, hosts and topics. */
  readonly refusals: readonly string[];
}

/** How long a check may take; load balancers usually wait for 2 to 5 seconds. */
const CHECK_TIMEOUT_MS = 1_500;
/** An answer is given again for this long, so that asking costs little however often it is done (S4). */
const CACHE_MS = 1_000;

/** Whether a node can serve clients at the moment: asks everything that it needs, all at once, within a bound. */
export class Readiness {
  readonly #checks: Readonly<Record<string, ReadinessCheck>>;
  readonly #warnings: WarningThrottle;
  readonly #refusals: () => readonly Refusal[];
  readonly #timeoutMs: number;
  #latest: { readonly at: number; readonly report: Promise<ReadinessReport> } | undefined;

  constructor(
    checks: Readonly<Record<string, ReadinessCheck>>,
    warnings: WarningThrottle,
    refusals: () => readonly Refusal[],
    timeoutMs = CHECK_TIMEOUT_MS,
  ) {
    this.#checks = checks;
    this.#warnings = warnings;
    this.#refusals = refusals;
    this.#timeoutMs = timeoutMs;
  }

  /** Never rejects. Callers that ask at the same time share one answer. */
  report(): Promise<ReadinessReport> {
    const now = performance.now();
    if (this.#latest === undefined || now - this.#latest.at >= CACHE_MS) {
      this.#latest = { at: now, report: this.#ask() };
    }
    return this.#latest.report;
  }

  /** The checks as metric values: 1 if a check passes, 0 if it fails. Never rejects. */
  async flags(): Promise<Readonly<Record<string, number>>> {
    const { checks } = await this.report();
    return Object.fromEntries(
      Object.entries(checks).map(([name, outcome]) => [name, outcome === 'ok' ? 1 : 0]),
    );
  }

  async #ask(): Promise<ReadinessReport> {
    const names = Object.keys(this.#checks);
    const outcomes = await Promise.all(names.map((name) => this.#run(name)));
    const refusals = this.#refusals();
    const kinds = [...new Set(refusals.map(({ kind }) => kind))];
    // One of the checks may pass although a right is missing that only the relay or a mutation needs.
    const checks = {
      ...Object.fromEntries(names.map((name, index) => [name, outcomes[index] ?? 'ok'])),
      access: kinds.length === 0 ? 'ok' : `refused: ${kinds.join(', ')}`,
    };
    const missing = Object.entries(checks).flatMap(([name, outcome]) => (outcome === 'ok' ? [] : [name]));
    return { ready: missing.length === 0, missing, checks, refusals: refusals.map(({ message }) => message) };
  }

  /** The answer is public, so it has no addresses; the log has the cause. */
  async #run(name: string): Promise<string> {
    const check = this.#checks[name];
    using deadline = new Deadline(this.#timeoutMs);
    try {
      if (check !== undefined) await withSignal(check(deadline.signal), deadline.signal);
      return 'ok';
    } catch (error) {
      this.#warnings.report(`readiness of ${name}`, error, `not ready: ${name} cannot be used`);
      if (refusalIn(error) !== undefined) return 'refused';
      return deadline.signal.aborted ? `no answer within ${this.#timeoutMs} ms` : 'unavailable';
    }
  }
}
