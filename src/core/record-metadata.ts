import { createHash } from 'node:crypto';
import { MAX_TEXT_CHARACTERS, textProblem } from './bounded-text.js';
import { bytesOfText } from './byte-text.js';
import { traceparentOf, tracestateOf } from './trace.js';

/**
 * Metadata that any producer may have written into a record. What is invalid or too long is left out: it would travel on
 * with everything that follows from the event. Hot path (bench: relay): what is usual is found with one cheap
 * test each.
 */

/** RFC 3339, section 5.6. */
const TIMESTAMP =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * The `id` of a CloudEvent. It cannot be left out, because it tells events apart. So an id that is too long, or has
 * characters that cannot be printed, is replaced by a digest of its bytes: the same for the same id, and for no other.
 */
export function eventIdOf(value: string): string {
  if (isPlainText(value) || textProblem(value) === undefined) return value;
  return `sha256:${createHash('sha256').update(bytesOfText(value)).digest('base64url')}`;
}

/** A correlation or causation id. */
export function identifierOf(value: string | undefined): string | undefined {
  if (value === undefined || isPlainText(value)) return value;
  return value === '' || textProblem(value) !== undefined ? undefined : value;
}

export function timestampOf(value: string | undefined): string | undefined {
  return value !== undefined && TIMESTAMP.test(value) ? value : undefined;
}

export function recordTraceparent(value: string | undefined): string | undefined {
  return value === undefined || isPlainTraceparent(value) ? value : traceparentOf(value);
}

/** Without a valid `traceparent` it means nothing (W3C Trace Context, section 3.3). */
export function recordTracestate(
  value: string | undefined,
  traceparent: string | undefined,
): string | undefined {
  return value === undefined || traceparent === undefined ? undefined : tracestateOf(value);
}

/** ASCII that can be printed, within the bounds. */
function isPlainText(value: string): boolean {
  if (value.length === 0 || value.length > MAX_TEXT_CHARACTERS) return false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

const TRACEPARENT = /^00-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+$/;
const TRACEPARENT_LENGTH = 55;
const TRACE_ID_AT = 3;
const SPAN_ID_AT = 36;
const FLAGS_AT = 53;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/** A `traceparent` of version 00. Counts and lookaheads in the expression would make it three times as slow. */
function isPlainTraceparent(value: string): boolean {
  return (
    value.length === TRACEPARENT_LENGTH &&
    value.charCodeAt(SPAN_ID_AT - 1) === DASH &&
    value.charCodeAt(FLAGS_AT - 1) === DASH &&
    TRACEPARENT.test(value) &&
    !value.startsWith(NO_TRACE, TRACE_ID_AT) &&
    !value.startsWith(NO_SPAN, SPAN_ID_AT)
  );
}

const DASH = '-'.charCodeAt(0);
