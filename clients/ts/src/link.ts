import type { ShownError } from './client-error.js';
import type { RenewalInput } from './renewal-state.js';

/** A GraphQL request. */
export interface Operation {
  readonly query: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
  readonly extensions?: Record<string, unknown>;
}

/** A result as the server sends it. */
export interface Result {
  readonly data?: unknown;
  readonly errors?: readonly ShownError[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** Why a connection ended, and what to do about it. */
export interface Loss {
  /** `retry`: reconnect. `refused`: reconnect with other credentials. `final`: a retry cannot succeed. */
  readonly kind: 'retry' | 'refused' | 'final';
  readonly why: string;
  /** The least wait that the server asked for. */
  readonly retryAfterMs?: number | undefined;
}

/** Receives what happens to one operation. Nothing follows `error`, `complete` and `lost`. */
export interface OperationSink {
  next(result: Result): void;
  /** Where the operation is, after all results so far. */
  position(cursor: string, behind: number): void;
  /** The server ended it. */
  error(errors: readonly ShownError[]): void;
  complete(): void;
  /** Its stream is lost, and the link continues. */
  lost(loss: Loss): void;
}

/** Receives what happens to a link. Nothing follows `lost`. */
export interface LinkListener {
  /**
   * Operations may start.
   * @param heartbeatMs how often the server sends a heartbeat; `undefined`: it sends none
   * @param renews whether the server can renew the credentials of this link. Default: no
   */
  opened(heartbeatMs: number | undefined, renews?: boolean): void;
  /** What the server says of credentials: they expire soon, or the answer to `renew`. */
  renewal?(input: RenewalInput): void;
  /** The server sent something. */
  heard(): void;
  /** All operations of the link have ended with it; their sinks are not called. */
  lost(loss: Loss): void;
}

/**
 * One connection to a server, over any transport, from its start to its end. It MUST NOT reconnect, and MUST NOT call its
 * listener or a sink before `open` has returned, or after `close`.
 */
export interface Link {
  /** Starts an operation. @returns a function that ends it; its sink is not called afterwards */
  start(operation: Operation, sink: OperationSink): () => void;
  /** Asks the server for a sign of life, if the transport can. */
  probe(): void;
  /** Sends new credentials for the open link. Call it only after `opened` with `renews`, and not again before the answer. */
  renew?(credentials: Credentials): void;
  close(): void;
  /** Whether tabs share its connection. `undefined`: sharing is off. */
  readonly sharing?: Sharing | undefined;
}

/** All tabs of the origin with the same user, by a SharedWorker or by a tab that leads; or this tab, because they cannot. */
export type Sharing = 'worker' | 'leader' | 'alone';

export type Transport = 'websocket' | 'sse';

/** What goes into `connection_init`, and into the headers of requests. */
export type Credentials = Readonly<Record<string, string>>;
export type OpenLink = (credentials: Credentials, listener: LinkListener) => Link;
