import type { Identity } from '../core/identity.js';

/** What a caller shows: the same for every transport. */
export interface Credentials {
  /** Of the HTTP request (for WebSocket the upgrade), with names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The payload of `connection_init` (graphql-transport-ws); left out elsewhere. */
  readonly connectionParams?: Readonly<Record<string, unknown>>;
}

/**
 * Says who is asking. Somebody without credentials is `ANONYMOUS`, not an error.
 * @throws {MillraceError} UNAUTHENTICATED when credentials are shown and do not hold
 */
export type Authenticate = (credentials: Credentials) => Promise<Identity>;
