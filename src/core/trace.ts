import { randomUUID } from 'node:crypto';

/** The trace and the flow that a request belongs to. */
export interface TraceContext {
  /** The caller's `traceparent` (W3C Trace Context). `undefined`: a new trace begins here. */
  readonly traceparent: string | undefined;
  readonly tracestate?: string | undefined;
  /** Shared by all events that one mutation has caused. */
  readonly correlationId: string;
}

/** Version, trace id, parent id, flags; a version after 00 may append more (W3C Trace Context, section 3.2). */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** A member of a `tracestate`, its key first (section 3.3.1.3). */
const TRACESTATE_MEMBER =
  /^([a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;
/** The bounds of a `tracestate` (section 3.3.1). */
const MAX_TRACESTATE_MEMBERS = 32;
const MAX_TRACESTATE_CHARACTERS = 512;
/** Longer members are the first to be left out (section 3.3.1.5). */
const LONG_MEMBER_CHARACTERS = 128;
/** S4: no list of so many characters is taken apart. */
const MAX_RAW_CHARACTERS = 16_384;

/**
 * A `traceparent` of version 00, as a receiver has to read it: one of a later version by the fields that 00 knows
 * (section 4.3). `undefined` when it is not valid, and a new trace begins.
 */
export function traceparentOf(value: string): string | undefined {
  const [, version, trace, parent, flags, more] = TRACEPARENT.exec(value) ?? [];
  if (flags === undefined || value.length > MAX_TRACESTATE_CHARACTERS) return undefined;
  if (version === '00') return more === undefined ? value : undefined;
  // Only the sampled flag has the same meaning in every version.
  return `00-${trace}-${parent}-0${Number.parseInt(flags, 16) & 1}`;
}

/**
 * A `tracestate` within the bounds of section 3.3.1: a longer one loses its long members, then the last ones, which
 * are the oldest. Members that are not valid are left out. `undefined` when nothing is left.
 */
export function tracestateOf(value: string): string | undefined {
  if (value.length > MAX_RAW_CHARACTERS) return undefined;
  const members = value.split(',').map((member) => member.trim());
  const fits = value.length <= MAX_TRACESTATE_CHARACTERS;
  const candidates = fits ? members : members.filter(({ length }) => length <= LONG_MEMBER_CHARACTERS);
  const kept: string[] = [];
  let characters = 0;
  for (const member of candidates) {
    if (member === '') continue;
    characters += member.length + (kept.length === 0 ? 0 : 1);
    if (characters > MAX_TRACESTATE_CHARACTERS || kept.length === MAX_TRACESTATE_MEMBERS) break;
    kept.push(member);
  }
  const valid = new Map<string, string>();
  for (const member of kept) {
    const key = TRACESTATE_MEMBER.exec(member)?.[1];
    // The first of two members with one key is the newer one.
    if (key !== undefined && !valid.has(key)) valid.set(key, member);
  }
  return valid.size === 0 ? undefined : [...valid.values()].join(',');
}

/**
 * Hexadecimal digits, from a UUID: Node keeps random bytes ready for those, while `randomBytes` makes a system call
 * each time (bench: mutations). Six of the 128 bits are fixed, the others are random.
 */
function randomTraceId(): string {
  const id = randomUUID();
  return id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24);
}

function randomSpanId(): string {
  const id = randomUUID();
  return id.slice(19, 23) + id.slice(24);
}

/** A `traceparent` for a new span below `parent`, or for a new trace when `parent` is missing or invalid. */
export function childTraceparent(parent: string | undefined): string {
  const span = randomSpanId();
  const valid = parent === undefined ? undefined : traceparentOf(parent);
  if (valid !== undefined) return `${valid.slice(0, 36)}${span}${valid.slice(52)}`;
  return `00-${randomTraceId()}-${span}-01`;
}

/** Offsets in a `traceparent` of version 00, which has 55 characters. */
const TRACE_ID = [3, 35] as const;
const SPAN_ID = [36, 52] as const;
const LAST_FLAG = 54;
const DIGIT_A = 97;

/**
 * Whether the trace of an event is recorded: the sampled flag of its `traceparent`, which is valid or missing. Hot path:
 * asked for each event while tracing is on, so nothing is allocated.
 */
export function isSampled(traceparent: string | undefined): traceparent is string {
  if (traceparent === undefined) return false;
  const digit = traceparent.charCodeAt(LAST_FLAG);
  // The code of a digit is odd where the digit is; the code of a letter is odd where its value is even.
  return digit >= DIGIT_A ? digit % 2 === 0 : digit % 2 === 1;
}

/** The parts of a valid `traceparent` of version 00. */
export function traceIds(traceparent: string): { readonly traceId: string; readonly spanId: string } {
  return { traceId: traceparent.slice(...TRACE_ID), spanId: traceparent.slice(...SPAN_ID) };
}
