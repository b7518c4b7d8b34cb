import { type logCreator, logLevel } from 'kafkajs';
import type { OnProblem } from '../../../ports/problem.js';

/**
 * Turns kafkajs's own log into problems. kafkajs logs normal operation (a rebalance, a reconnect) as errors, so
 * each line has the kind `kafkajs` and no more: the adapter reports what matters to an operator itself.
 */
export function kafkajsLog(onProblem: OnProblem): logCreator {
  return () => (entry) => {
    if (entry.level > logLevel.WARN) return;
    const { message, error } = entry.log;
    onProblem({
      kind: 'kafkajs',
      message: `${entry.namespace}: ${message}${error === undefined ? '' : `: ${String(error)}`}`,
    });
  };
}
