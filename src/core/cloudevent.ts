import { type Event, type Indexed, UNKNOWN_TYPE } from './event.js';
import { eventId, type Topic } from './ids.js';
import { partitionName, type TopicPartition } from './position.js';
import type { Headers, LogRecord, NewRecord } from './record.js';
import { JSON_CODEC, type SchemaCodec } from './schema-codec.js';
import type { TopicFormat } from './topic-format.js';

/**
 * An event as a record: CloudEvents in Kafka's binary content mode, attributes in headers and data in the
 * value. Trace context travels in the headers that W3C Trace Context names.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md section 3.2
 */
export function encodeEvent(topic: Topic, event: Event, codec: SchemaCodec = JSON_CODEC): NewRecord {
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
  return { topic, key: event.subject, headers, value };
}

type JsonObject = Readonly<Record<string, unknown>>;

/** The furthest that a date is from 1970 (ECMA-262, Time Values and Time Range). */
const MAX_TIME = 8.64e15;

export type Decoded =
  | { readonly ok: true; readonly event: Event }
  /** `kind` groups what is wrong for counting and logging; `reason` says it of this record. */
  | { readonly ok: false; readonly kind: InvalidKind; readonly reason: string };

export type InvalidKind = 'no-cloudevent' | 'specversion' | 'content-type' | 'data';

/**
 * A record as an event, if it is a valid one. The data is checked to be a JSON object, so that what the
 * relay passes on can be parsed by everyone after it; it is kept as the bytes it came in.
 */
export function decodeRecord(given: LogRecord, format: TopicFormat, at: TopicPartition): Decoded {
  const value = jsonOf(given, format);
  const data = typeof value === 'string' ? value : parse(value);
  if (typeof value === 'string' || typeof data === 'string')
    return { ok: false, kind: 'data', reason: String(data) };
  const record = value === given.value ? given : { ...given, value };
  // Hot path (bench: relay): given to the event when it is made. A copy of it would cost as much again.
  const indexed = format.indexed && data !== null ? indexedOf(data, format.indexed) : undefined;
  if (format.kind === 'CLOUDEVENTS' && (record.value !== null || record.headers['ce_type']))
    return binary(record, indexed, format.codec ?? JSON_CODEC);
  if (record.key === null && record.value === null)
    return { ok: false, kind: 'no-cloudevent', reason: 'the record has neither a key nor a value' };
  // A key alone is what any producer writes into a compacted topic to delete it: a tombstone.
  return { ok: true, event: bare(record, format.kind === 'JSON' ? format.type : UNKNOWN_TYPE, at, indexed) };
}

/** Longer texts are not worth carrying twice: the data is parsed for them. */
const MAX_INDEXED = 200;

function indexedOf(data: JsonObject, names: readonly string[]): Readonly<Record<string, Indexed>> {
  const indexed: Record<string, Indexed> = {};
  for (const name of names) {
    const value = data[name] ?? null;
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) indexed[name] = value;
    else if (typeof value === 'string' && value.length <= MAX_INDEXED) indexed[name] = value;
  }
  return indexed;
}

/** A record that says nothing of itself as an event. */
function bare(record: LogRecord, type: string, at: TopicPartition, indexed: Event['indexed']): Event {
  const { headers } = record;
  return {
    // The place in the log is the only identity such a record has, and it is a good one.
    id: eventId(`${partitionName(at)}/${record.offset}`),
    source: `/topics/${at.topic}`,
    type,
    subject: record.key,
    time: timeOf(record),
    traceparent: headers['traceparent'],
    tracestate: headers['tracestate'],
    indexed,
    data: record.value,
  };
}

function binary(record: LogRecord, indexed: Event['indexed'], codec: SchemaCodec): Decoded {
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
  if (record.value !== null && !isOf(codec, headers)) {
    return {
      ok: false,
      kind: 'content-type',
      reason: `content-type is ${headers['content-type']}, not ${codec === JSON_CODEC ? 'JSON' : codec.contentType}`,
    };
  }
  return {
    ok: true,
    event: {
      id: eventId(id),
      source,
      type,
      subject: record.key ?? headers['ce_subject'] ?? null,
      time: headers['ce_time'] ?? timeOf(record),
      correlationId: headers['ce_correlationid'],
      causationId: headers['ce_causationid'],
      traceparent: headers['traceparent'],
      tracestate: headers['tracestate'],
      idempotent: headers['ce_idempotent'] === 'true' ? true : undefined,
      indexed,
      data: record.value,
    },
  };
}

/** D10: producers may stamp a record with any 64-bit number, and a date holds fewer. */
function timeOf({ timestamp }: LogRecord): string {
  const time = new Date(Math.max(-MAX_TIME, Math.min(MAX_TIME, timestamp)));
  return time.toISOString();
}

/** When it says so, or says nothing. */
function isOf(codec: SchemaCodec, headers: Headers): boolean {
  const type = headers['content-type'] ?? headers['ce_datacontenttype'];
  return type === undefined || codec.reads(type);
}

/** The type of the event that a record is, as its codec is given it. Empty when the record does not say. */
export function typeOfRecord({ headers }: LogRecord, format: TopicFormat): string {
  return format.kind === 'JSON' ? format.type : (headers['ce_type'] ?? '');
}

/** The value as JSON, or why the topic's codec cannot read it. */
function jsonOf(record: LogRecord, format: TopicFormat): Buffer | null | string {
  const { value } = record;
  if (value === null || format.codec === undefined) return value;
  try {
    return format.codec.decode(typeOfRecord(record, format), value);
  } catch (error) {
    return `the value cannot be decoded: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The data, `null` when there is none, or why it is not a JSON object. */
function parse(value: Buffer | null): JsonObject | null | string {
  if (value === null) return null;
  try {
    const data: unknown = JSON.parse(value.toString('utf8'));
    // An object, and no array: its values are by name, and unknown.
    if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as JsonObject;
    return 'the value is JSON, but not an object';
  } catch (error) {
    return `the value is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}
