import type { Identity } from '../core/identity.js';

/** What a caller presents to prove its identity: the same for every transport. */
export interface Credentials {
  /** Of the HTTP request, or of a WebSocket's upgrade request. Names are in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The payload of `connection_init` (graphql-transport-ws). Absent for HTTP requests. */
  readonly connectionParams?: Readonly<Record<string, unknown>>;
}

/**
 * Verifies credentials and returns the caller's identity. A caller without credentials is `ANONYMOUS`, which
 * is not an error.
 * @throws {MillraceError} UNAUTHENTICATED when credentials are present and invalid
 */
export type Authenticate = (credentials: Credentials) => Promise<Identity>;
