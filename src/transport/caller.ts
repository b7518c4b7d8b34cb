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
  const { traceparent, tracestate, correlationId, idempotencyKey, after, startCursor, eventContext } =
    metadata;
  return {
    identity,
    get signal() {
      return running.signal;
    },
    traceparent,
    tracestate,
    correlationId,
    idempotencyKey,
    after,
    startCursor,
    eventContext,
  };
}
