import type { Identity } from '../core/identity.js';

/** A GraphQL request, the same on every transport (GraphQL over HTTP, *Request Parameters*). */
export interface OperationRequest {
  readonly query: string;
  readonly operationName?: string | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** What a client says about a request besides the operation. Its transport has checked it. */
export interface ClientMetadata {
  /** A valid `traceparent` of version 00, and a `tracestate` within its bounds beside it (W3C Trace Context). */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** The cursor to resume after; it wins over the field's arguments (`Last-Event-ID` of SSE). */
  readonly after?: string | undefined;
  /** Whether a first result without data says where a subscription starts. */
  readonly startCursor?: boolean | undefined;
  /** Whether results say where their events came from. */
  readonly eventContext?: boolean | undefined;
}

/** Who sends a request, and what its transport knows besides the body. */
export interface Caller extends ClientMetadata {
  readonly identity: Identity;
  /** Aborted when the caller disconnects. */
  readonly signal: AbortSignal;
}
