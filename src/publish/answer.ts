import { type ErrorCode, MillraceError } from '../core/errors.js';
import type { Position } from '../core/position.js';

/** The result of a mutation, for now and for every later use of its idempotency key. */
export type Answer<T> = {
  /** The position of the last event that it published or waited for. */
  readonly reached: Position | undefined;
} & (
  | { readonly value: T }
  | {
      readonly error: unknown;
      /** Whether some of its events are in the log, or may be. */
      readonly published: boolean;
    }
);

/** Codes of errors after which nothing is in the log, and never will be. */
const NOTHING_PUBLISHED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_REQUEST',
  'LIMIT_EXCEEDED',
  'OVERLOADED',
  'EVENT_INVALID',
  'EVENT_TOO_LARGE',
  'IDEMPOTENCY_CONFLICT',
  'PUBLISH_FAILED',
  'TOPIC_MISSING',
  'SHUTTING_DOWN',
]);

/** Whether `error` proves that the call that threw it published nothing. */
export const provesNothingPublished = (error: unknown): boolean =>
  error instanceof MillraceError && NOTHING_PUBLISHED.has(error.code);

/** Whether the mutation left nothing in the log, so that its key can be used again for anything. */
export const leftNothing = <T>(answer: Answer<T>): boolean =>
  'error' in answer && !answer.published && provesNothingPublished(answer.error);
