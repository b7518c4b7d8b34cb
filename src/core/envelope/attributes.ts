import type { Event, Indexed } from '../event.js';
import { metadataOf } from '../event-metadata.js';
import { isInexactInteger } from '../exact-json.js';
import { eventId } from '../ids.js';
import { own } from '../own.js';
import type { LogRecord } from '../record.js';
import {
  eventIdOf,
  identifierOf,
  recordTraceparent,
  recordTracestate,
  timestampOf,
} from '../record-metadata.js';
import type { TopicFormat } from '../topic-format.js';
import { type Decoded, fault } from './envelope.js';
import type { JsonObject } from './json-object.js';
import type { Mapped } from './mapping.js';
import { namedBy, typeNamed } from './type-names.js';

/** The attributes of a CloudEvent that events keep, as its record has them. */
export interface Attributes {
  readonly specversion: string | undefined;
  readonly id: string | undefined;
  readonly source: string | undefined;
  readonly type: string | undefined;
  readonly time: string | undefined;
  readonly correlationid: string | undefined;
  readonly causationid: string | undefined;
  readonly idempotent: string | undefined;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

/** What a record's event has beside its attributes. */
export interface EventParts {
  /**
   * The record's key, never the attribute `subject`: partitions and subscriptions to a key go by the key. Or else what
   * `@topic(event:)` maps, for which all partitions are followed.
   */
  readonly subject: string | null;
  /** The data, parsed. */
  readonly data: JsonObject | null;
  /** The data as JSON. */
  readonly bytes: Buffer | null;
  /** What the expressions of `@topic(event:)` have found. */
  readonly mapped?: Mapped | undefined;
  /** The attributes of a CloudEvent in structured mode. */
  readonly members?: JsonObject | undefined;
}

/** The event of a record that has the attributes of a CloudEvent. */
export function fromAttributes(
  record: LogRecord,
  given: Attributes,
  { subject, data, bytes, members }: EventParts,
  format: TopicFormat,
): Decoded {
  const { typeNames, carried } = format;
  const { id: givenId, source } = given;
  const id = givenId && eventIdOf(givenId);
  const name = typeNames === undefined ? given.type : (namedBy(typeNames, record, data) ?? given.type);
  const time = timestampOf(given.time);
  const correlationId = identifierOf(given.correlationid);
  const causationId = identifierOf(given.causationid);
  const traceparent = recordTraceparent(given.traceparent);
  const tracestate = recordTracestate(given.tracestate, traceparent);
  if (!id || !source || !name) return fault('no-cloudevent', missing(given));
  const isAltered =
    id !== givenId ||
    time !== given.time ||
    correlationId !== given.correlationid ||
    causationId !== given.causationid ||
    traceparent !== given.traceparent ||
    tracestate !== given.tracestate;
  const event: Event = {
    id: eventId(id),
    source,
    type: typeNamed(name, typeNames),
    subject,
    time: time ?? timeOf(record.timestamp),
    correlationId,
    causationId,
    traceparent,
    tracestate,
    idempotent: given.idempotent === 'true' ? true : undefined,
    indexed: indexedOf(data, format),
    metadata: carried && metadataOf(record.headers, carried, members),
    data: bytes,
  };
  return { ok: true, leftOut: isAltered ? leftOut(given, event) : undefined, event };
}

function missing(given: Attributes): string {
  const names = (['id', 'source', 'type'] as const).filter((name) => !given[name]);
  return `the CloudEvents attributes ${names.join(', ')} are missing`;
}

/**
 * The attributes that are in the record, but not in the event that it became: they were left out or shortened. By the
 * names of their headers in binary mode.
 */
function leftOut(given: Attributes, event: Event): readonly string[] {
  const pairs = [
    ['ce_id', given.id, event.id],
    ['ce_time', given.time, event.time],
    ['traceparent', given.traceparent, event.traceparent],
    ['tracestate', given.tracestate, event.tracestate],
    ['ce_correlationid', given.correlationid, event.correlationId],
    ['ce_causationid', given.causationid, event.causationId],
  ] as const;
  return pairs.flatMap(([name, value, kept]) => (value !== undefined && value !== kept ? [name] : []));
}

/** The largest distance of a date from 1970, in milliseconds (ECMA-262, Time Values and Time Range). */
const MAX_TIME_MS = 8.64e15;

/** D10: producers may give a record any 64-bit timestamp, which may be outside of the range of dates. */
export function timeOf(timestamp: number): string {
  const time = new Date(Math.max(-MAX_TIME_MS, Math.min(MAX_TIME_MS, timestamp)));
  return time.toISOString();
}

/** Longer values are not carried beside the data: to route by one, the data is parsed. */
const MAX_INDEXED_LENGTH = 200;

/** Hot path (bench: relay): passed in when the event is made, because copying an event would cost as much again. */
export function indexedOf(data: JsonObject | null, { indexed: names }: TopicFormat): Event['indexed'] {
  if (names === undefined || data === null) return undefined;
  const indexed: Record<string, Indexed> = {};
  for (const name of names) {
    const value = own(data, name) ?? null;
    // Of a long integer this is a double. Code that routes by it reads the data exactly (`exact-json.ts`).
    if (isInexactInteger(value)) continue;
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) indexed[name] = value;
    else if (typeof value === 'string' && value.length <= MAX_INDEXED_LENGTH) indexed[name] = value;
  }
  return indexed;
}
