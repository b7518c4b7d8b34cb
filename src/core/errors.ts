/**
 * Every code that a client can meet in `extensions.code`: its meaning, and whether the same request may succeed later
 * (`retry`). docs/protocol.md has this table (`npm run docs:tables`).
 */
export const ERRORS = {
  UNAUTHENTICATED: {
    retry: false,
    means:
      'The credentials are missing, invalid, expired or revoked. Where they have expired, `retry` is true: the same request may succeed with new ones.',
  },
  AUTH_UNAVAILABLE: {
    retry: true,
    means: 'The credentials cannot be verified at the moment. They may be valid.',
  },
  FORBIDDEN: { retry: false, means: "The field's rule does not allow access with these claims." },
  BAD_REQUEST: { retry: false, means: 'The request is malformed, or does not match the schema.' },
  LIMIT_EXCEEDED: {
    retry: false,
    means:
      'The request exceeds a limit of this server. If the limit is that of concurrent operations, retry once one of them has ended.',
  },
  OVERLOADED: {
    retry: true,
    means: 'Too many events are queued, or all connections of this node are in use; nothing was published.',
  },
  EVENT_INVALID: {
    retry: false,
    means: 'The event does not match the shape of its type; nothing was published.',
  },
  EVENT_TOO_LARGE: {
    retry: false,
    means: "The event exceeds the log's size limit; nothing was published.",
  },
  PUBLISH_FAILED: { retry: true, means: 'The log did not accept the event; nothing was published.' },
  PUBLISH_UNCERTAIN: {
    retry: true,
    means:
      'The log did not answer in time, so the event may or may not be published. Retry with the same idempotency key.',
  },
  IDEMPOTENCY_CONFLICT: {
    retry: false,
    means: 'The idempotency key was already used with other arguments; nothing was published.',
  },
  OUTCOME_PENDING: {
    retry: false,
    means:
      'The event is published, but its outcome did not arrive in time. Retry with the same idempotency key, or wait for it with `correlationId` or `cursor`.',
  },
  TOPIC_MISSING: { retry: false, means: 'The topic does not exist. Create it, or correct its name.' },
  LOG_UNAVAILABLE: {
    retry: true,
    means: 'The event log cannot be reached, or refuses access to this server. Retry later.',
  },
  FANOUT_UNAVAILABLE: {
    retry: true,
    means: 'Redis cannot be reached, or refuses access to this server. Retry later.',
  },
  CURSOR_INVALID: {
    retry: false,
    means:
      'The cursor is malformed, forged, ahead of the log, or was issued for another field, other arguments or another subject.',
  },
  RESYNC_REQUIRED: {
    retry: false,
    means:
      'Events after the cursor are gone. Read the current state, then resume from `earliest`, or subscribe without a cursor.',
  },
  VIEW_BEHIND: {
    retry: true,
    means: 'The view has not caught up with the cursor, or is being rebuilt.',
  },
  SLOW_CONSUMER: {
    retry: true,
    means:
      'The client reads more slowly than events arrive, and this field ends slow subscriptions. Resume with `cursor`.',
  },
  TOMBSTONE: {
    retry: false,
    means: "The event's key was deleted, and the field is non-null, so it cannot return null.",
  },
  SHUTTING_DOWN: {
    retry: true,
    means: 'This node is shutting down. Resume on another node with the last cursor.',
  },
  INTERNAL: {
    retry: false,
    means: "An unexpected server error. See the server's log.",
  },
} as const satisfies Record<string, { retry: boolean; means: string }>;

export type ErrorCode = keyof typeof ERRORS;

interface MillraceErrorOptions {
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Where it differs from what the code usually means: credentials that have expired. */
  readonly retry?: boolean;
}

/** The base of all errors that a client may see. The message says what failed, why, and what to do. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: ErrorCode;
  /** Whether the same request may succeed later. */
  readonly retry: boolean;
  /** Further fields of `extensions`, as plain JSON. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: MillraceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retry = options.retry ?? ERRORS[code].retry;
    this.details = options.details ?? {};
  }

  /** The `extensions` of the GraphQL error: graphql-js copies them from `originalError.extensions`. */
  get extensions(): Record<string, unknown> {
    return { code: this.code, retry: this.retry, ...this.details };
  }
}

/** What went wrong, in words: JavaScript may throw any value. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Ends a `switch` over a union, so that a missing case does not compile. */
export function assertNever(value: never): never {
  throw new Error(`No case for ${JSON.stringify(value)}`);
}
