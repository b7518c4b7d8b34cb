import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Identity } from '../../core/identity.js';
import type { Caller, OperationRequest } from '../../operation/request.js';

/** Headers as `Authenticate` reads them: one string a name; of repeated ones, all, joined with a comma. */
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

/** The caller of one HTTP request. What its headers do not say, the operation's `extensions` may. */
export function httpCaller(
  request: IncomingMessage,
  operation: OperationRequest,
  identity: Identity,
  running: { readonly signal: AbortSignal },
): Caller {
  const said = (name: string): string | undefined => flatHeader(request.headers, name);
  return {
    identity,
    get signal() {
      return running.signal;
    },
    traceparent: said('traceparent') ?? text(operation.extensions, 'traceparent'),
    tracestate: said('tracestate') ?? text(operation.extensions, 'tracestate'),
    correlationId: said('x-correlation-id') ?? text(operation.extensions, 'correlationId'),
    idempotencyKey: said('idempotency-key') ?? text(operation.extensions, 'idempotencyKey'),
    after: said('last-event-id'),
  };
}

/**
 * The caller of one operation on a WebSocket: the operation's `extensions`, then what the connection said
 * of itself. An idempotency key is one operation's own, so the connection cannot give it.
 */
export function socketCaller(
  connectionParams: Readonly<Record<string, unknown>>,
  operation: OperationRequest,
  identity: Identity,
  running: { readonly signal: AbortSignal },
): Caller {
  const { extensions } = operation;
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
