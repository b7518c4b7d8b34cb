/** An error as GraphQL shows it, with what Millrace adds to it. */
export interface ShownError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * The error that ended a subscription or a mutation, or that the client reports. `code` is the server's (docs/protocol.md has
 * the table), or one of the client's own:
 *
 * | code              | meaning                                                                       |
 * |-------------------|-------------------------------------------------------------------------------|
 * | CONNECTION_CLOSED | the server closed the connection for good                                     |
 * | CLIENT_CLOSED     | `client.close()` was called                                                   |
 * | STORE_FAILED      | the store of positions failed                                                 |
 * | STORE_KEY_IN_USE  | a running subscription of this client keeps its position under the same key   |
 * | CALLBACK_FAILED   | a function of the application that listens to states or ends threw            |
 * | HANDLER_FAILED    | `next` or `onGap` threw; the position is before what it was given             |
 * | NOT_RENEWED       | `credentials` failed when they were to be renewed; retried while the old ones last |
 * | MUTATION_PENDING  | the store keeps another mutation under the same key, whose outcome is unknown |
 * | UNREACHABLE       | a mutation got no answer; a retry with the same idempotency key acts once     |
 * | UNKNOWN           | an error of a server that gives no code                                       |
 */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: string;
  /** Whether the same request may succeed later. */
  readonly retry: boolean;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** All errors of the answer; this error is the first of them. */
  readonly errors: readonly ShownError[];

  constructor(
    code: string,
    message: string,
    { retry = false, extensions = {}, errors = [], cause }: Partial<Omit<ClientError, 'code'>> = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retry = retry;
    this.extensions = extensions;
    this.errors = errors;
  }

  /** Makes one error of the errors of an answer. The first one decides. @param known more extensions */
  static of(errors: readonly ShownError[], known: object = {}): ClientError {
    const { message = 'The server gave no reason.', extensions = {} } = errors[0] ?? {};
    const { code, retry } = extensions;
    return new ClientError(typeof code === 'string' ? code : 'UNKNOWN', message, {
      retry: retry === true,
      extensions: { ...extensions, ...known },
      errors,
    });
  }

  /** When to retry at the earliest, in milliseconds from now. */
  get retryAfterMs(): number | undefined {
    const { retryAfter } = this.extensions;
    return typeof retryAfter === 'number' ? retryAfter * 1_000 : undefined;
  }
}
