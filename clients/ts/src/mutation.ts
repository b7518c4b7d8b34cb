import { backoffMs } from './backoff.js';
import { ClientError, type ShownError } from './client-error.js';
import type { Fetch } from './event-stream-link.js';
import type { Credentials, Operation } from './link.js';

export interface MutateOptions<Variables> {
  readonly variables?: Variables;
  /**
   * Default: a random key for all attempts of this call. To continue the same mutation after a reload, pass a key that you
   * keep: it acts once. An error has the key in `extensions.idempotencyKey`.
   */
  readonly idempotencyKey?: string;
  /** Ends the attempts. A mutation that was sent may still act. */
  readonly signal?: AbortSignal;
  /** How long the client retries. Default: 60 s. */
  readonly timeoutMs?: number;
}

interface MutationParts {
  readonly url: string;
  readonly fetchImpl: Fetch;
  readonly credentials: () => Promise<Credentials>;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

/** How long an attempt may take: nothing else may reveal a dead connection. */
const ATTEMPT_TIMEOUT_MS = 30_000;

/**
 * Runs a mutation until its answer is known. Every attempt has the same idempotency key, so that it acts once, also when
 * an answer is lost, or the server does not know whether it published (`PUBLISH_UNCERTAIN`). While its outcome is pending
 * (`OUTCOME_PENDING`), the server waits for it at each attempt.
 * @throws {ClientError} an error with `retry: false`, or the last error when the time is over
 */
export async function mutate(operation: Operation, parts: MutationParts): Promise<unknown> {
  let pending: ClientError | undefined;
  for (let failures = 1; ; failures++) {
    let outcome = await attempt(operation, parts, failures);
    if (!(outcome instanceof ClientError)) return outcome.data;
    if (outcome.code === 'OUTCOME_PENDING') pending = outcome;
    // An earlier error says more than an attempt without an answer.
    else if (outcome.code === 'UNREACHABLE') outcome = pending ?? outcome;
    const isPending = outcome === pending;
    if (!(outcome.retry || isPending) || parts.signal.aborted) throw outcome;
    // The server itself waits for an outcome, so there is no reason to wait longer each time.
    const ms = backoffMs(isPending ? 1 : failures, Math.random(), outcome.retryAfterMs);
    if (!(await paused(ms, parts.signal))) throw outcome;
  }
}

async function attempt(
  operation: Operation,
  { url, fetchImpl, credentials, idempotencyKey, signal }: MutationParts,
  attempts: number,
): Promise<{ readonly data: unknown } | ClientError> {
  const known = { idempotencyKey, attempts };
  let response: Response;
  try {
    response = await fetchImpl(url, {
      method: 'POST',
      headers: {
        ...(await credentials()),
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        'idempotency-key': idempotencyKey,
      },
      body: JSON.stringify(operation),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)]),
    });
  } catch (cause) {
    const message = `No answer to the mutation: ${String(cause)}`;
    return new ClientError('UNREACHABLE', message, { retry: true, extensions: known, cause });
  }
  const body: unknown = await response.json().catch(() => undefined);
  const { data, errors } = (body ?? {}) as {
    readonly data?: unknown;
    readonly errors?: readonly ShownError[];
  };
  if (errors?.length) return ClientError.of(errors, known);
  if (response.ok && data !== undefined) return { data };
  const retry = response.ok || response.status >= 500 || response.status === 429;
  const message = `the server answered with ${response.status} and no result`;
  return new ClientError('UNREACHABLE', message, { retry, extensions: known });
}

/** @returns `false` when the signal ended the wait */
function paused(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, true);
    // It stays until the mutation ends, and the signal with it.
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}
