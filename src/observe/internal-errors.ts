import type { ReportInternal } from '../core/client-error.js';
import type { Logger } from './log.js';
import type { Metrics } from './metrics.js';

/**
 * Reports failures that clients see only as `INTERNAL`: to the log with their cause and what finds the operation again,
 * and to `millrace_problems_total`.
 * @param message says what failed: `a resolver failed`
 */
export function internalErrors(
  logger: Logger,
  metrics: Metrics,
  message: string,
  kind = 'internal',
): ReportInternal {
  return (err, path, of) => {
    metrics.problems.inc({ kind });
    logger.error({ err, path, ...of }, message);
  };
}
