import { randomBytes } from 'node:crypto';

/** Where a request stands in a distributed trace, and which flow it belongs to. */
export interface TraceContext {
  /** W3C Trace Context `traceparent` of the caller; `undefined`: a trace begins here. */
  readonly traceparent: string | undefined;
  readonly tracestate?: string | undefined;
  /** The same for everything that one mutation set off. */
  readonly correlationId: string;
}

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Whether a header is a `traceparent` of version 00 (W3C Trace Context, section 3.2.2). */
export function isTraceparent(value: string): boolean {
  return TRACEPARENT.test(value);
}

/** A `traceparent` for a span of ours below `parent`, or for a new trace when there is none that is valid. */
export function childTraceparent(parent: string | undefined): string {
  const span = randomBytes(8).toString('hex');
  if (parent !== undefined && isTraceparent(parent))
    return `${parent.slice(0, 36)}${span}${parent.slice(52)}`;
  return `00-${randomBytes(16).toString('hex')}-${span}-01`;
}
