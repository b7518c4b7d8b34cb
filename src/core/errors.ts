/**
 * Every code that a client can meet in `extensions.code`: what it means, and whether the same request
 * may succeed later (`retry`). docs/protocol.md is written from this table.
 */
export const ERRORS = {
  UNAUTHENTICATED: { retry: false, means: 'The credentials are missing, wrong or expired.' },
  FORBIDDEN: { retry: false, means: 'The rule of this field does not allow it with these claims.' },
  BAD_REQUEST: { retry: false, means: 'The request is not one that this server can read.' },
  LIMIT_EXCEEDED: { retry: false, means: 'The request is larger or costlier than this server allows.' },
  OVERLOADED: { retry: true, means: 'Too much waits already; nothing was published.' },
  EVENT_INVALID: {
    retry: false,
    means: 'The event does not have the shape of its type; nothing was published.',
  },
  EVENT_TOO_LARGE: {
    retry: false,
    means: 'The log does not take events of this size; nothing was published.',
  },
  PUBLISH_FAILED: { retry: true, means: 'The log refused the event; nothing was published.' },
  PUBLISH_UNCERTAIN: {
    retry: true,
    means:
      'The log did not answer in time: the event may or may not be there. Retry with the same idempotency key.',
  },
  IDEMPOTENCY_CONFLICT: {
    retry: false,
    means: 'The idempotency key was used with other arguments before; nothing was published.',
  },
  OUTCOME_PENDING: {
    retry: false,
    means:
      'The event is in the log, and what it leads to did not come in time. Follow it with `correlationId` or `cursor`.',
  },
  TOPIC_MISSING: { retry: false, means: 'The topic does not exist, and this server may not create it.' },
  LOG_UNAVAILABLE: { retry: true, means: 'The event log cannot be reached.' },
  FANOUT_UNAVAILABLE: { retry: true, means: 'The fan-out cannot be reached.' },
  CURSOR_INVALID: {
    retry: false,
    means: 'The cursor is not one that this field gave out for these arguments.',
  },
  RESYNC_REQUIRED: {
    retry: false,
    means: 'The events after the cursor are gone; start again from the state of now.',
  },
  VIEW_BEHIND: {
    retry: true,
    means: 'The view has not come to what was asked for in time, or is being built.',
  },
  SLOW_CONSUMER: {
    retry: true,
    means:
      'The client reads more slowly than events come, and the field ends what falls behind. Resume with `cursor`.',
  },
  TOMBSTONE: {
    retry: false,
    means: 'The key of this event was deleted, and the type of the field has no way to show that.',
  },
  SHUTTING_DOWN: { retry: true, means: 'This node is going away. Resume with the last cursor elsewhere.' },
  INTERNAL: { retry: false, means: 'A fault of this server; its log says more under the same trace.' },
} as const satisfies Record<string, { retry: boolean; means: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** The one error base: what happened, to what, and what to do, with a code of the table above. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: ErrorCode;
  /** Further facts for the client: plain JSON. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  get retry(): boolean {
    return ERRORS[this.code].retry;
  }

  /** What goes into a GraphQL error's `extensions`; graphql-js copies it from `originalError.extensions`. */
  get extensions(): Record<string, unknown> {
    return { code: this.code, retry: this.retry, ...this.details };
  }
}

/** The end of a `switch` over a union: a missing case does not compile. */
export function assertNever(value: never): never {
  throw new Error(`No case for ${JSON.stringify(value)}`);
}
