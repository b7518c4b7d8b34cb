import { messageOf } from '../errors.js';
import { KeyFormatError } from '../key-format.js';
import type { TopicPartition } from '../position.js';
import type { Headers, LogRecord } from '../record.js';
import { JSON_CODEC, type SchemaCodec } from '../schema-codec.js';
import type { TopicFormat } from '../topic-format.js';
import { type EventParts, fromAttributes } from './attributes.js';
import { ConnectReader } from './connect.js';
import { UnfitValueError } from './connect-types.js';
import { type Decoded, type DecodeFault, fault } from './envelope.js';
import { bytesOfObject, parseExact, parseObject } from './json-object.js';
import { type Mapped, mappedRecord, type RecordMapping } from './mapping.js';
import { fromPosition } from './plain.js';
import { subjectOf } from './record-key.js';
import { framedValue } from './schema-header.js';
import { isReadAsStructured, isStructured, readStructured } from './structured.js';
import { unwrap } from './unwrap.js';

/**
 * Decodes a record. The data is checked to be a JSON object, so that everyone who receives the event can parse it. Where
 * the value is the data, it stays the bytes that were read: parsed data is not passed on.
 * @param connect what remembers the schemas that records of Kafka Connect repeat
 */
export function decodeRecord(
  record: LogRecord,
  format: TopicFormat,
  at: TopicPartition,
  connect = new ConnectReader(),
): Decoded {
  if (record.unreadable !== undefined) return fault('batch', record.unreadable);
  const subject = subjectOrFault(record, format, connect);
  if (subject instanceof KeyFormatError) return fault('key', subject.message);
  const { mapping } = format;
  if (mapping === undefined) return decodeAs(record, subject, undefined, format, at, connect);
  return rewritten(() => {
    const mapped = map(record, mapping, subject, format, at);
    if ('ok' in mapped) return mapped;
    const about = mapped.subject === undefined ? subject : mapped.subject;
    return decodeAs(record, about, mapped, format, at, connect);
  });
}

/** Decodes a record as its envelope says, except for what the expressions of its topic have found. */
function decodeAs(
  record: LogRecord,
  subject: string | null,
  mapped: Mapped | undefined,
  format: TopicFormat,
  at: TopicPartition,
  connect: ConnectReader,
): Decoded {
  const { kind } = format;
  const { headers, value } = record;
  if (value !== null && kind === 'CLOUDEVENTS' && isReadAsStructured(headers))
    return rewritten(() => structured(record, value, { subject, mapped }, format));
  if (value !== null && kind !== 'CLOUDEVENTS' && kind !== 'JSON')
    return rewritten(() => unwrapped(record, value, { subject, mapped }, format, at, connect));
  const given = mapped?.data;
  const bytes =
    value === null ? null : given === undefined ? jsonOf(record, value, format) : bytesOfObject(given);
  const data = typeof bytes === 'string' ? bytes : (given ?? parseObject(bytes));
  if (typeof bytes === 'string' || typeof data === 'string') return fault('data', String(data));
  const typeName = value === null ? undefined : nameByCodec(record, value, format);
  const parts = { subject, data, bytes, typeName, mapped };
  if (kind === 'CLOUDEVENTS' && (bytes !== null || headers['ce_type'])) return binary(record, parts, format);
  if (record.key === null && bytes === null)
    return fault('no-cloudevent', 'the record has neither a key nor a value');
  // Its value is an envelope: passed on as data, the envelope's `id` and `type` would be shown as the data's.
  if (bytes !== null && given === undefined && isStructured(headers)) {
    const reason = `the record is a CloudEvent in structured mode (${headers['content-type']}), and the topic has plain JSON`;
    return fault('structured', reason);
  }
  return fromPosition(record, parts, format, at);
}

/**
 * D10: data that is taken out of an envelope is written again, for which it must not be nested too deeply. Whatever else a
 * record makes the code throw, reading it again would not help, and its partition goes on.
 */
function rewritten(decode: () => Decoded): Decoded {
  try {
    return decode();
  } catch (error) {
    if (error instanceof UnfitValueError) return fault('data', error.message);
    if (error instanceof RangeError) return fault('data', 'the data is nested too deeply');
    return fault('data', `the record cannot be read: ${messageOf(error)}`);
  }
}

/** The name of a record's type, for its codec. Empty if the record does not specify one. */
export function typeOfRecord({ headers }: LogRecord, format: TopicFormat): string {
  return format.type ?? headers['ce_type'] ?? '';
}

/** An error, if the key does not read as its topic declares. */
function subjectOrFault(
  { key, headers }: LogRecord,
  format: TopicFormat,
  connect: ConnectReader,
): string | null | KeyFormatError {
  if (key === null) return null;
  try {
    return subjectOf(format, key, headers, connect);
  } catch (error) {
    if (error instanceof KeyFormatError) return error;
    throw error;
  }
}

/** What the expressions of `@topic(event:)` find. */
function map(
  record: LogRecord,
  mapping: RecordMapping,
  key: string | null,
  format: TopicFormat,
  at: TopicPartition,
): Mapped | DecodeFault {
  if (record.value === null || !mapping.readsValue) return mapping.map(mappedRecord(record, at, key, null));
  const json = jsonOf(record, record.value, format);
  const parsed = typeof json === 'string' ? json : parseExact(json);
  if (typeof parsed === 'string') return fault('data', parsed);
  return mapping.map(mappedRecord(record, at, key, parsed.json));
}

type Known = Pick<EventParts, 'subject' | 'mapped'>;

/** A CloudEvent in Kafka's binary content mode (1.0, and 0.3, which names the same attributes). */
function binary(record: LogRecord, parts: EventParts, format: TopicFormat): Decoded {
  const { headers } = record;
  const written = {
    specversion: headers['ce_specversion'],
    id: headers['ce_id'],
    source: headers['ce_source'],
    type: headers['ce_type'],
    time: headers['ce_time'],
    correlationid: headers['ce_correlationid'],
    causationid: headers['ce_causationid'],
    idempotent: headers['ce_idempotent'],
    traceparent: headers['traceparent'],
    tracestate: headers['tracestate'],
  };
  const attributes = parts.mapped === undefined ? written : { ...written, ...parts.mapped };
  if (!attributes.id || !attributes.source || !attributes.type) {
    const names = ['id', 'source', 'type'] as const;
    const missing = names.filter((name) => !attributes[name]).map((name) => `ce_${name}`);
    return fault('no-cloudevent', `headers ${missing.join(', ')} are missing`);
  }
  const version = attributes.specversion;
  if (!isKnownVersion(version))
    return fault('specversion', `ce_specversion is ${version ?? 'missing'}, not 1.0 or 0.3`);
  const codec = format.codec ?? JSON_CODEC;
  if (parts.bytes !== null && !isReadBy(codec, headers))
    return fault('content-type', `content-type is ${headers['content-type']}, not ${mediaTypeOf(codec)}`);
  return fromAttributes(record, attributes, parts, format);
}

/** A CloudEvent in structured mode: the value has its attributes and its data. */
function structured(record: LogRecord, value: Buffer, known: Known, format: TopicFormat): Decoded {
  const read = readStructured(value, record.headers, format.codec ?? JSON_CODEC);
  if ('ok' in read) return read;
  const { specversion } = read.attributes;
  if (!isKnownVersion(specversion))
    return fault('specversion', `specversion is ${specversion ?? 'missing'}, not 1.0 or 0.3`);
  const { data, bytes, members } = read;
  const { subject, mapped } = known;
  // Hot path (bench: decode): objects are written out, because spreading them takes longer than parsing them.
  const attributes = mapped === undefined ? read.attributes : { ...read.attributes, ...mapped };
  return fromAttributes(record, attributes, { subject, mapped, data, bytes, members }, format);
}

/** A record whose data is in an envelope of Kafka Connect or Debezium. */
function unwrapped(
  record: LogRecord,
  value: Buffer,
  known: Known,
  format: TopicFormat,
  at: TopicPartition,
  connect: ConnectReader,
): Decoded {
  const json = jsonOf(record, value, format);
  if (typeof json === 'string') return fault('data', json);
  const found = unwrap(json, record.headers, format, connect);
  if (isFault(found)) return found;
  const bytes = found.data && (found.bytes ?? bytesOfObject(found.data));
  const typeName = found.typeName ?? nameByCodec(record, value, format);
  const { data, id, timestamp } = found;
  const { subject, mapped } = known;
  return fromPosition(record, { subject, mapped, data, bytes, typeName, id, timestamp }, format, at);
}

const isFault = (found: object): found is DecodeFault => 'ok' in found;

const isKnownVersion = (version: string | undefined): boolean => version === '1.0' || version === '0.3';

const mediaTypeOf = (codec: SchemaCodec): string => (codec === JSON_CODEC ? 'JSON' : codec.contentType);

/** Whether the codec reads the record's media type. A record without one is assumed to have the codec's. */
function isReadBy(codec: SchemaCodec, headers: Headers): boolean {
  const type = headers['content-type'] ?? headers['ce_datacontenttype'];
  return type === undefined || codec.reads(type);
}

/** The name that a record's codec finds in its value. Looked for only where names of types are declared. */
function nameByCodec(
  record: LogRecord,
  value: Buffer,
  { codec, typeNames }: TopicFormat,
): string | undefined {
  return typeNames === undefined ? undefined : codec?.nameOf?.(framedValue(record, value));
}

/** The value as JSON; a string, if the topic's codec cannot decode it: the reason. */
function jsonOf(record: LogRecord, value: Buffer, format: TopicFormat): Buffer | string {
  if (format.codec === undefined) return value;
  try {
    return format.codec.decode(typeOfRecord(record, format), framedValue(record, value));
  } catch (error) {
    return `the value cannot be decoded: ${messageOf(error)}`;
  }
}
