import { withSignal } from '../../core/async.js';
import { Deadline } from '../../core/deadline.js';
import { MillraceError } from '../../core/errors.js';

/** How long a command may wait for its answer. An operation that depends on Redis fails after about this time. */
export const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Limits the wait for an answer on the subscriber connection, which has no `commandTimeout`: there a SUBSCRIBE or
 * a PING would wait until Redis is back.
 * @param what names the command in the error message: "Redis did not answer a ping within 5000 ms."
 * @throws {MillraceError} FANOUT_UNAVAILABLE when no answer arrives in time; `work` itself is not cancelled
 */
export async function withAnswerTimeout<T>(work: Promise<T>, what: string): Promise<T> {
  const message = `Redis did not answer ${what} within ${ANSWER_TIMEOUT_MS} ms.`;
  using deadline = new Deadline(ANSWER_TIMEOUT_MS, () => new MillraceError('FANOUT_UNAVAILABLE', message));
  return await withSignal(work, deadline.signal);
}
