import { formattedError, type ReportInternal, reportOf } from '../../core/client-error.js';
import type { Operations, Prepared } from '../../operation/operations.js';
import type { Caller } from '../../operation/request.js';
import { resultJson } from '../../operation/written-result.js';
import type { RunningOperation } from './running-operation.js';

export interface OperationRunner {
  readonly operations: Operations;
  readonly report: ReportInternal;
}

/**
 * Starts a prepared operation of any kind. Its results, its errors and its completion reach the output of
 * `running`, on every transport by the same rules; `running.cancel` stops it.
 */
export function runOperation(
  { operations, report }: OperationRunner,
  running: RunningOperation,
  prepared: Prepared,
  caller: Caller,
): void {
  if (prepared.kind === 'invalid') {
    running.error(prepared.errors.map((error) => formattedError(error, report)));
    return;
  }
  if (prepared.kind === 'subscription') {
    running.attach(operations.subscribe(prepared, caller, running));
    return;
  }
  operations
    .run(prepared, caller)
    .then((result) => running.result(resultJson(result)))
    // S4: also a result that cannot be written as JSON fails alone, and not the process.
    .catch((error: unknown) => {
      const { document, request } = prepared;
      const ofOperation = reportOf(report, { document, operationName: request.operationName }, caller);
      running.error([formattedError(error, ofOperation)]);
    });
}
