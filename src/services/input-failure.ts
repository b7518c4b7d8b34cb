import { MillraceError, messageOf } from '../core/errors.js';
import type { Offset } from '../core/ids.js';

/** One input that a service or view failed on: its code threw, or what it returned cannot be encoded. */
export class InputFailure extends Error {
  override readonly name = 'InputFailure';
  constructor(
    readonly offset: Offset,
    override readonly cause: unknown,
  ) {
    super(messageOf(cause), { cause });
  }
}

/**
 * Whether the inputs themselves may be the cause, so that retrying may never help (D10). Whatever else fails passes, such
 * as a log or a registry that is away, or a partition that was lost: it is retried for ever. An error that a handler
 * throws with `retry: true` says that it passes, too.
 */
export function mayBePermanent(error: unknown): boolean {
  if (error instanceof InputFailure) return !saysRetry(error.cause);
  return error instanceof MillraceError && !error.retry;
}

function saysRetry(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'retry' in error && error.retry === true;
}
