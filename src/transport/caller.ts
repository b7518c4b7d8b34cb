import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Identity } from '../core/identity.js';
import type { Caller, OperationRequest } from '../operation/request.js';

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

/**
 * The caller of an HTTP request. A header takes precedence over the operation's `extensions`.
 * @param running `signal` is read only when the operation reads it
 */
export function httpCaller(
  { headers }: IncomingMessage,
  { extensions }: OperationRequest,
  identity: Identity,
  running: { readonly signal: AbortSignal },
): Caller {
  return {
    identity,
    get signal() {
      return running.signal;
    },
    traceparent: flatHeader(headers, 'traceparent') ?? text(extensions, 'traceparent'),
    tracestate: flatHeader(headers, 'tracestate') ?? text(extensions, 'tracestate'),
    correlationId: flatHeader(headers, 'x-correlation-id') ?? text(extensions, 'correlationId'),
    idempotencyKey: flatHeader(headers, 'idempotency-key') ?? text(extensions, 'idempotencyKey'),
    after: flatHeader(headers, 'last-event-id'),
  };
}

/**
 * The caller of an operation on a WebSocket. The operation's `extensions` take precedence over the
 * connection's parameters. An idempotency key belongs to one operation, so the connection cannot provide it.
 * @param running `signal` is read only when the operation reads it
 */
export function socketCaller(
  connectionParams: Readonly<Record<string, unknown>>,
  { extensions }: OperationRequest,
  identity: Identity,
  running: { readonly signal: AbortSignal },
): Caller {
  return {
    identity,
    get signal() {
      return running.signal;
    },
    traceparent: text(extensions, 'traceparent') ?? text(connectionParams, 'traceparent'),
    tracestate: text(extensions, 'tracestate') ?? text(connectionParams, 'tracestate'),
    correlationId: text(extensions, 'correlationId') ?? text(connectionParams, 'x-correlation-id'),
    idempotencyKey: text(extensions, 'idempotencyKey'),
  };
}

function text(from: Readonly<Record<string, unknown>> | undefined, name: string): string | undefined {
  const value = from?.[name];
  return typeof value === 'string' ? value : undefined;
}
