import { own } from '../own.js';
import type { Headers } from '../record.js';
import type { SchemaCodec } from '../schema-codec.js';
import type { Attributes } from './attributes.js';
import { type DecodeFault, fault } from './envelope.js';
import { bytesOfObject, isObject, type JsonObject, parseExact, parseObject } from './json-object.js';

/** A CloudEvent in structured mode. */
export interface StructuredEvent {
  readonly attributes: Attributes;
  /** The value, which has all attributes. */
  readonly members: JsonObject;
  /** A JSON object, as UTF-8. An event without data has an empty one: only a record without a value is a tombstone. */
  readonly data: Buffer;
}

const MEDIA_TYPE = /^\s*application\/cloudevents(-batch)?(?:\+([\w.-]+))?\s*(?:;|$)/i;

/** Whether a record says that it has a CloudEvent in structured or batched mode (Kafka protocol binding, section 3). */
export function isStructured(headers: Headers): boolean {
  const type = headers['content-type'];
  return type !== undefined && MEDIA_TYPE.test(type);
}

/**
 * Reads the JSON event format of CloudEvents 1.0 and 0.3.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export function readStructured(
  value: Buffer,
  headers: Headers,
  codec: SchemaCodec,
): StructuredEvent | DecodeFault {
  const [, batch, format = 'json'] = MEDIA_TYPE.exec(headers['content-type'] ?? '') ?? [];
  if (batch !== undefined)
    return fault('structured', 'the record is a batch of CloudEvents: write one record for each event');
  if (format.toLowerCase() !== 'json')
    return fault('structured', `the record is a CloudEvent in the event format ${format}, not JSON`);
  const parsed = parseExact(value);
  if (typeof parsed === 'string') return fault('structured', parsed);
  if (!isObject(parsed.json)) return fault('structured', 'the value is JSON, but not an object');
  const event = parsed.json;
  const mediaType = text(event, 'datacontenttype');
  // Data in base64 may be JSON or what the topic's codec reads; data as JSON may say no other media type.
  if (mediaType !== undefined && !codec.reads(mediaType) && !JSON_TYPE.test(mediaType))
    return fault('content-type', `datacontenttype is ${mediaType}, not JSON`);
  const data = dataOf(event, codec);
  return Buffer.isBuffer(data) ? { attributes: attributesOf(event, headers), members: event, data } : data;
}

const JSON_TYPE = /^[^;]*[/+]json\s*(;|$)/i;

/** An attribute. Those of the specification are strings; an extension may be a boolean or an integer (section 2.2). */
function text(event: JsonObject, name: string): string | undefined {
  const value = own(event, name);
  return typeof value === 'string' ? value : typeof value === 'boolean' ? String(value) : undefined;
}

function attributesOf(event: JsonObject, headers: Headers): Attributes {
  return {
    specversion: text(event, 'specversion'),
    id: text(event, 'id'),
    source: text(event, 'source'),
    type: text(event, 'type'),
    time: text(event, 'time'),
    correlationid: text(event, 'correlationid'),
    causationid: text(event, 'causationid'),
    idempotent: text(event, 'idempotent'),
    // The record's headers are of whatever sent the event last, such as a producer's instrumentation.
    traceparent: headers['traceparent'] ?? text(event, 'traceparent'),
    tracestate: headers['tracestate'] ?? text(event, 'tracestate'),
  };
}

function dataOf(event: JsonObject, codec: SchemaCodec): Buffer | DecodeFault {
  const data = own(event, 'data') ?? undefined;
  // `datacontentencoding` is of CloudEvents 0.3.
  const base64 =
    text(event, 'datacontentencoding') === 'base64' ? data : (own(event, 'data_base64') ?? undefined);
  if (base64 === undefined && data === undefined) return Buffer.from('{}');
  if (base64 === undefined) {
    if (isObject(data)) return bytesOfObject(data);
    return fault('data', 'the data of the CloudEvent is not a JSON object');
  }
  if (typeof base64 !== 'string') return fault('data', 'the data of the CloudEvent is not base64');
  try {
    const json = codec.decode(text(event, 'type') ?? '', Buffer.from(base64, 'base64'));
    const object = parseObject(json);
    return typeof object === 'string' ? fault('data', object) : json;
  } catch (error) {
    return fault('data', `the data cannot be decoded: ${error instanceof Error ? error.message : error}`);
  }
}
