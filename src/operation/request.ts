import type { Identity } from '../core/identity.js';

/** A GraphQL request as every transport carries it (GraphQL over HTTP, section 5.4). */
export interface OperationRequest {
  readonly query: string;
  readonly operationName?: string | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** Who sends it, and what came with it beside the body. */
export interface Caller {
  readonly identity: Identity;
  /** The `traceparent`, `tracestate` and `x-correlation-id` headers as they came, if they did. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** Where a subscription goes on, whatever its arguments say: `Last-Event-ID` of SSE. */
  readonly after?: string | undefined;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}
