import { type Event, type Indexed, UNKNOWN_TYPE } from './event.js';
import { isInexactInteger } from './exact-json.js';
import { eventId, type Topic } from './ids.js';
import { type KeyFormat, KeyFormatError, recordKeyOf, subjectOfKey } from './key-format.js';
import { own } from './own.js';
import { partitionName, type TopicPartition } from './position.js';
import type { Headers, LogRecord, NewRecord } from './record.js';
import { identifierOf, recordTraceparent, recordTracestate, timestampOf } from './record-metadata.js';
import { JSON_CODEC, type SchemaCodec } from './schema-codec.js';
import type { TopicFormat } from './topic-format.js';

/**
 * Encodes an event as a record: CloudEvents in Kafka's binary content mode, with attributes in headers and data in the
 * value. Trace context is in the headers of W3C Trace Context.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md section 3.2
 * @throws what the codec throws; {KeyFormatError} when the subject is no key of the format
 */
export function encodeEvent(
  topic: Topic,
  event: Event,
  codec: SchemaCodec = JSON_CODEC,
  keyFormat?: KeyFormat,
): NewRecord {
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: event.source,
    ce_type: event.type,
    ce_time: event.time,
    'content-type': codec.contentType,
  };
  if (event.subject !== null) headers['ce_subject'] = event.subject;
  if (event.correlationId !== undefined) headers['ce_correlationid'] = event.correlationId;
  if (event.causationId !== undefined) headers['ce_causationid'] = event.causationId;
  if (event.idempotent === true) headers['ce_idempotent'] = 'true';
  if (event.traceparent !== undefined) headers['traceparent'] = event.traceparent;
  if (event.tracestate !== undefined) headers['tracestate'] = event.tracestate;
  const value = event.data && codec.encode(event.type, event.data);
  const key = event.subject === null ? null : recordKeyOf(keyFormat, event.subject);
  return { topic, key, headers, value };
}

type JsonObject = Readonly<Record<string, unknown>>;

/** The largest distance of a date from 1970, in milliseconds (ECMA-262, Time Values and Time Range). */
const MAX_TIME_MS = 8.64e15;

/** CloudEvents, Kafka protocol binding, section 3.3: structured and batched content modes. */
const STRUCTURED = 'application/cloudevents';

export type Decoded =
  /** `altered`: some of the record's metadata is not in the event (`leftOut`). */
  | { readonly ok: true; readonly event: Event; readonly altered?: true | undefined }
  /** `kind` groups faults for metrics and logs; `reason` describes the fault of this record. */
  | { readonly ok: false; readonly kind: InvalidKind; readonly reason: string };

export type InvalidKind = 'no-cloudevent' | 'specversion' | 'content-type' | 'data' | 'key' | 'structured';

/**
 * Decodes a record. The data is checked to be a JSON object, so that everyone who receives the event can parse it. It
 * stays the bytes that were read: parsed data is not passed on.
 */
export function decodeRecord(given: LogRecord, format: TopicFormat, at: TopicPartition): Decoded {
  const value = jsonOf(given, format);
  const data = typeof value === 'string' ? value : parse(value);
  if (typeof value === 'string' || typeof data === 'string')
    return { ok: false, kind: 'data', reason: String(data) };
  const record = value === given.value ? given : { ...given, value };
  // Hot path (bench: relay): passed in when the event is made, because copying an event would cost as much again.
  const indexed = format.indexed && data !== null ? indexedOf(data, format.indexed) : undefined;
  const subject = subjectOf(record, format);
  if (subject instanceof KeyFormatError) return { ok: false, kind: 'key', reason: subject.message };
  if (format.kind === 'CLOUDEVENTS' && (record.value !== null || record.headers['ce_type']))
    return withAttributes(record, subject, indexed, format.codec ?? JSON_CODEC);
  if (record.key === null && record.value === null)
    return { ok: false, kind: 'no-cloudevent', reason: 'the record has neither a key nor a value' };
  // Its value is an envelope: passed on as data, the envelope's `id` and `type` would be shown as the data's.
  if (record.value !== null && record.headers['content-type']?.startsWith(STRUCTURED)) {
    const reason = `the record is a CloudEvent in structured mode (${record.headers['content-type']}), and the topic has plain JSON`;
    return { ok: false, kind: 'structured', reason };
  }
  // Any producer writes a key without a value to delete it from a compacted topic: a tombstone.
  return {
    ok: true,
    event: withoutAttributes(
      record,
      subject,
      format.kind === 'JSON' ? format.type : UNKNOWN_TYPE,
      at,
      indexed,
    ),
  };
}

/** An error, if the key does not read as its topic declares. */
function subjectOf({ key }: LogRecord, format: TopicFormat): string | null | KeyFormatError {
  if (key === null) return null;
  try {
    return subjectOfKey(format.key, key);
  } catch (error) {
    if (error instanceof KeyFormatError) return error;
    throw error;
  }
}

/** Longer values are not carried beside the data: to route by one, the data is parsed. */
const MAX_INDEXED_LENGTH = 200;

function indexedOf(data: JsonObject, names: readonly string[]): Readonly<Record<string, Indexed>> {
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

/** The event of a record without CloudEvents attributes. */
function withoutAttributes(
  record: LogRecord,
  subject: string | null,
  type: string,
  at: TopicPartition,
  indexed: Event['indexed'],
): Event {
  const { headers } = record;
  const traceparent = recordTraceparent(headers['traceparent']);
  return {
    // Such a record has no other identity than its position, which is unique within the source.
    id: eventId(`${partitionName(at)}/${record.offset}`),
    source: `/topics/${at.topic}`,
    type,
    subject,
    time: timeOf(record),
    traceparent,
    tracestate: recordTracestate(headers['tracestate'], traceparent),
    indexed,
    data: record.value,
  };
}

/** The event of a record in CloudEvents' binary content mode. */
function withAttributes(
  record: LogRecord,
  subject: string | null,
  indexed: Event['indexed'],
  codec: SchemaCodec,
): Decoded {
  const { headers } = record;
  const id = headers['ce_id'];
  const source = headers['ce_source'];
  const type = headers['ce_type'];
  if (!id || !source || !type) {
    const missing = ['ce_id', 'ce_source', 'ce_type'].filter((name) => !headers[name]);
    return { ok: false, kind: 'no-cloudevent', reason: `headers ${missing.join(', ')} are missing` };
  }
  const version = headers['ce_specversion'];
  if (version !== '1.0') {
    return { ok: false, kind: 'specversion', reason: `ce_specversion is ${version ?? 'missing'}, not 1.0` };
  }
  if (record.value !== null && !isReadBy(codec, headers)) {
    return {
      ok: false,
      kind: 'content-type',
      reason: `content-type is ${headers['content-type']}, not ${codec === JSON_CODEC ? 'JSON' : codec.contentType}`,
    };
  }
  const given = {
    time: headers['ce_time'],
    correlationId: headers['ce_correlationid'],
    causationId: headers['ce_causationid'],
    traceparent: headers['traceparent'],
    tracestate: headers['tracestate'],
  };
  const time = timestampOf(given.time);
  const correlationId = identifierOf(given.correlationId);
  const causationId = identifierOf(given.causationId);
  const traceparent = recordTraceparent(given.traceparent);
  const tracestate = recordTracestate(given.tracestate, traceparent);
  const isAltered =
    time !== given.time ||
    correlationId !== given.correlationId ||
    causationId !== given.causationId ||
    traceparent !== given.traceparent ||
    tracestate !== given.tracestate;
  return {
    ok: true,
    altered: isAltered ? true : undefined,
    event: {
      id: eventId(id),
      source,
      type,
      // The record's key, never `ce_subject`: partitions and subscriptions to a key go by the key.
      subject,
      time: time ?? timeOf(record),
      correlationId,
      causationId,
      traceparent,
      tracestate,
      idempotent: headers['ce_idempotent'] === 'true' ? true : undefined,
      indexed,
      data: record.value,
    },
  };
}

/** D10: producers may give a record any 64-bit timestamp, which may be outside of the range of dates. */
function timeOf({ timestamp }: LogRecord): string {
  const time = new Date(Math.max(-MAX_TIME_MS, Math.min(MAX_TIME_MS, timestamp)));
  return time.toISOString();
}

/** Whether the codec reads the record's media type. A record without one is assumed to have the codec's. */
function isReadBy(codec: SchemaCodec, headers: Headers): boolean {
  const type = headers['content-type'] ?? headers['ce_datacontenttype'];
  return type === undefined || codec.reads(type);
}

/** The event type of a record, for its codec. Empty if the record does not specify one. */
export function typeOfRecord({ headers }: LogRecord, format: TopicFormat): string {
  return format.kind === 'JSON' ? format.type : (headers['ce_type'] ?? '');
}

/** The value as JSON; a string, if the topic's codec cannot decode it: the reason. */
function jsonOf(record: LogRecord, format: TopicFormat): Buffer | null | string {
  const { value } = record;
  if (value === null || format.codec === undefined) return value;
  try {
    return format.codec.decode(typeOfRecord(record, format), value);
  } catch (error) {
    return `the value cannot be decoded: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The data; `null` without a value; a string, if the value is not a JSON object: the reason. */
function parse(value: Buffer | null): JsonObject | null | string {
  if (value === null) return null;
  try {
    const data: unknown = JSON.parse(value.toString('utf8'));
    // Proven to be an object, and not an array: its members have names, and unknown values.
    if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as JsonObject;
    return 'the value is JSON, but not an object';
  } catch (error) {
    return `the value is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}
