import { randomUUID } from 'node:crypto';

/** The trace and the flow that a request belongs to. */
export interface TraceContext {
  /** The caller's `traceparent` (W3C Trace Context). `undefined`: a new trace begins here. */
  readonly traceparent: string | undefined;
  readonly tracestate?: string | undefined;
  /** Shared by all events that one mutation has caused. */
  readonly correlationId: string;
}

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Whether a header is a `traceparent` of version 00 (W3C Trace Context, section 3.2.2). */
export function isTraceparent(value: string): boolean {
  return TRACEPARENT.test(value);
}

/**
 * 32 hexadecimal digits, from a UUID: Node keeps random bytes ready for those, while `randomBytes` makes a system call
 * each time (bench: mutations). Six of the 128 bits are fixed, the others are random.
 */
const randomHex = (): string => randomUUID().replaceAll('-', '');

/** A `traceparent` for a new span below `parent`, or for a new trace when `parent` is missing or invalid. */
export function childTraceparent(parent: string | undefined): string {
  const span = randomHex().slice(16);
  if (parent !== undefined && isTraceparent(parent))
    return `${parent.slice(0, 36)}${span}${parent.slice(52)}`;
  return `00-${randomHex()}-${span}-01`;
}
