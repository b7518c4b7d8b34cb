/**
 * A failure in an adapter's background work, which the adapter recovers from by itself: it retries, reconnects
 * or resynchronises. For the operator's log and a metric; a caller's own failure is thrown to the caller.
 *
 * A refusal that does not pass by itself (`core/refusal.ts`) is both: it is reported here once while it lasts, as a problem
 * of the kind `refused` whose `cause` is the `Refusal`. Each caller that meets it gets a retryable `MillraceError` that is
 * caused by it, and need not log it again.
 */
export interface Problem {
  /** The metric's label, such as `fetch`. A small, fixed set for each adapter. */
  readonly kind: string;
  /** One line for the log: what failed, to what, why. */
  readonly message: string;
  readonly cause?: unknown;
}

export type OnProblem = (problem: Problem) => void;
