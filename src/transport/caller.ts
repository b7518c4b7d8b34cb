import type { IncomingHttpHeaders } from 'node:http';
import type { Identity } from '../core/identity.js';
import type { Caller, ClientMetadata } from '../operation/request.js';

/** Headers as `Authenticate` reads them: one string for each name; repeated headers are joined with a comma. */
export type FlatHeaders = Readonly<Record<string, string | undefined>>;

export function flatHeaders(headers: IncomingHttpHeaders): FlatHeaders {
  const flat: Record<string, string | undefined> = {};
  for (const name in headers) flat[name] = flatHeader(headers, name);
  return flat;
}

function flatHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** @param running `signal` is read only when the operation reads it */
export function callerOf(
  identity: Identity,
  metadata: ClientMetadata,
  running: { readonly signal: AbortSignal },
): Caller {
  return new RequestCaller(identity, metadata, running);
}

/** A class, because an object literal with a getter is slow to make. Hot path (bench: mutations). */
class RequestCaller implements Caller {
  readonly identity: Identity;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly correlationId: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly after: string | undefined;
  readonly startCursor: boolean | undefined;
  readonly eventContext: ClientMetadata['eventContext'];
  readonly #running: { readonly signal: AbortSignal };

  constructor(identity: Identity, metadata: ClientMetadata, running: { readonly signal: AbortSignal }) {
    this.identity = identity;
    this.traceparent = metadata.traceparent;
    this.tracestate = metadata.tracestate;
    this.correlationId = metadata.correlationId;
    this.idempotencyKey = metadata.idempotencyKey;
    this.after = metadata.after;
    this.startCursor = metadata.startCursor;
    this.eventContext = metadata.eventContext;
    this.#running = running;
  }

  get signal(): AbortSignal {
    return this.#running.signal;
  }
}
