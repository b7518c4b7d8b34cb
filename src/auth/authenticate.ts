import { MillraceError } from '../core/errors.js';
import type { Identity } from '../core/identity.js';

/** What a caller presents to prove its identity: the same for every transport. */
export interface Credentials {
  /** Of the HTTP request, or of a WebSocket's upgrade request. Names are in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The payload of `connection_init` (graphql-transport-ws). Absent for HTTP requests. */
  readonly connectionParams?: Readonly<Record<string, unknown>>;
  /** The IP address that the connection comes from: the caller's, or that of a proxy. */
  readonly remoteAddress?: string | undefined;
}

/**
 * Verifies credentials and returns the caller's identity. A caller without credentials is `ANONYMOUS`, which
 * is not an error.
 * @throws {MillraceError} UNAUTHENTICATED when credentials are present and invalid
 */
export type Authenticate = (credentials: Credentials) => Promise<Identity>;

/** The refusal of credentials that were valid: a client that can get new ones should try again. */
export function credentialsExpired(cause?: unknown): MillraceError {
  return new MillraceError(
    'UNAUTHENTICATED',
    'The credentials have expired. Try again with new credentials.',
    {
      cause,
      retry: true,
      details: { reason: EXPIRED },
    },
  );
}

const EXPIRED = 'EXPIRED';

export function isExpired(error: MillraceError): boolean {
  return error.code === 'UNAUTHENTICATED' && error.details['reason'] === EXPIRED;
}
