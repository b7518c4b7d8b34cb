import { randomUUID } from 'node:crypto';

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

/**
 * 32 digits. Of a UUID, for which Node has random bytes ready, where `randomBytes` asks the system each time
 * (bench: mutations); six of the bits say that it is one, and the rest are as random.
 */
const randomHex = (): string => randomUUID().replaceAll('-', '');

/** A `traceparent` for a span of ours below `parent`, or for a new trace when there is none that is valid. */
export function childTraceparent(parent: string | undefined): string {
  const span = randomHex().slice(16);
  if (parent !== undefined && isTraceparent(parent))
    return `${parent.slice(0, 36)}${span}${parent.slice(52)}`;
  return `00-${randomHex()}-${span}-01`;
}
