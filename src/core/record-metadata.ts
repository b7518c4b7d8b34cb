import { textProblem } from './bounded-text.js';
import type { Event } from './event.js';
import type { Headers } from './record.js';
import { traceparentOf, tracestateOf } from './trace.js';

/**
 * Metadata that any producer may have written into a record. What is invalid or too long is left out: it would travel on
 * with everything that follows from the event. Hot path (bench: relay): what is usual is found with one test each.
 */

const PLAIN_TEXT = /^[\x20-\x7e]{1,256}$/;
const PLAIN_TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** RFC 3339, section 5.6. */
const TIMESTAMP =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/** A correlation or causation id. */
export function identifierOf(value: string | undefined): string | undefined {
  if (value === undefined || PLAIN_TEXT.test(value)) return value;
  return value === '' || textProblem(value) !== undefined ? undefined : value;
}

export function timestampOf(value: string | undefined): string | undefined {
  return value !== undefined && TIMESTAMP.test(value) ? value : undefined;
}

export function recordTraceparent(value: string | undefined): string | undefined {
  return value === undefined || PLAIN_TRACEPARENT.test(value) ? value : traceparentOf(value);
}

/** Without a valid `traceparent` it means nothing (W3C Trace Context, section 3.3). */
export function recordTracestate(
  value: string | undefined,
  traceparent: string | undefined,
): string | undefined {
  return value === undefined || traceparent === undefined ? undefined : tracestateOf(value);
}

/** The headers that are in the record, but not in the event that it became: they were left out or shortened. */
export function leftOut(headers: Headers, event: Event): readonly string[] {
  const time = headers['ce_time'];
  if (
    (time === undefined || time === event.time) &&
    headers['traceparent'] === event.traceparent &&
    headers['tracestate'] === event.tracestate &&
    headers['ce_correlationid'] === event.correlationId &&
    headers['ce_causationid'] === event.causationId
  )
    return NOTHING;
  // A record without attributes has the log's timestamp, whatever its headers say.
  if (event.source !== headers['ce_source']) return NOTHING;
  const names = ['ce_time', 'traceparent', 'tracestate', 'ce_correlationid', 'ce_causationid'];
  const kept = [event.time, event.traceparent, event.tracestate, event.correlationId, event.causationId];
  return names.filter((name, i) => headers[name] !== undefined && headers[name] !== kept[i]);
}

const NOTHING: readonly string[] = [];
