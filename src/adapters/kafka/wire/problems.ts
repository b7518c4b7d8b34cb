import { type logCreator, logLevel } from 'kafkajs';

/** Something worth a line in the operator's log; the adapter goes on by itself. */
export interface Problem {
  readonly kind: string;
  readonly message: string;
  readonly cause?: unknown;
}

export type OnProblem = (problem: Problem) => void;

/**
 * Where kafkajs's own log goes. It calls normal operation (a rebalance, a reconnect) errors, so each line
 * is only a `kafkajs` problem, and the adapter reports what matters itself.
 */
export function problemLog(onProblem: OnProblem): logCreator {
  return () => (entry) => {
    if (entry.level > logLevel.WARN) return;
    const { message, error } = entry.log;
    onProblem({
      kind: 'kafkajs',
      message: `${entry.namespace}: ${message}${error === undefined ? '' : `: ${String(error)}`}`,
    });
  };
}
