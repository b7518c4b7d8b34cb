import { messageOf } from '../errors.js';
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
  /** An event without data has an empty object: only a record without a value is a tombstone. */
  readonly data: JsonObject;
  /** The data as JSON. */
  readonly bytes: Buffer;
}

const MEDIA_TYPE = /^\s*application\/cloudevents(-batch)?(?:\+([\w.-]+))?\s*(?:;|$)/i;

/** Whether a record says that it has a CloudEvent in structured or batched mode (Kafka protocol binding, section 3). */
export function isStructured(headers: Headers): boolean {
  const type = headers['content-type'];
  return type !== undefined && MEDIA_TYPE.test(type);
}

/** Whether the value of such a record is its event: attributes in headers (binary mode) count more. */
export const isReadAsStructured = (headers: Headers): boolean => !headers['ce_type'] && isStructured(headers);

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
  const split = splitEvent(value) ?? parsedEvent(value);
  if ('ok' in split) return split;
  const { members } = split;
  const mediaType = text(members, 'datacontenttype');
  // Data in base64 may be JSON or what the topic's codec reads; data as JSON may say no other media type.
  if (mediaType !== undefined && !codec.reads(mediaType) && !JSON_TYPE.test(mediaType))
    return fault('content-type', `datacontenttype is ${mediaType}, not JSON`);
  const found = split.found ?? dataOf(members, codec);
  return 'ok' in found ? found : { attributes: attributesOf(members, headers), members, ...found };
}

/** The members of an event, and its data, if it was found before. */
interface SplitEvent {
  readonly members: JsonObject;
  readonly found?: FoundData | undefined;
}

interface FoundData {
  readonly data: JsonObject;
  readonly bytes: Buffer;
}

const DATA = '"data":';
const CLOSING_BRACE = 0x7d;
const REPLACEMENT = '\ufffd';

/**
 * Where the data comes last, as most SDKs write it, it stays the bytes that it is. Hot path (bench: decode).
 * @returns `undefined` for everything else, valid or not
 */
function splitEvent(value: Buffer): SplitEvent | undefined {
  const at = value.indexOf(DATA) + DATA.length;
  if (at < DATA.length || value[value.length - 1] !== CLOSING_BRACE) return undefined;
  const head = value.toString('utf8', 0, at);
  const bytes = value.subarray(at, value.length - 1);
  if (head.includes(REPLACEMENT)) return undefined;
  try {
    // It is the member of the event, and not of an object in it, if what is before it is an object with that end.
    const members: unknown = JSON.parse(`${head}null}`);
    if (!isObject(members) || own(members, 'data') !== null || own(members, 'data_base64') != null)
      return undefined;
    const data = parseObject(bytes);
    return typeof data === 'string' || data === null ? undefined : { members, found: { data, bytes } };
  } catch {
    return undefined;
  }
}

function parsedEvent(value: Buffer): SplitEvent | DecodeFault {
  const parsed = parseExact(value);
  if (typeof parsed === 'string') return fault('structured', parsed);
  if (isObject(parsed.json)) return { members: parsed.json };
  return fault('structured', 'the value is JSON, but not an object');
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

function dataOf(event: JsonObject, codec: SchemaCodec): FoundData | DecodeFault {
  const data = own(event, 'data') ?? undefined;
  // `datacontentencoding` is of CloudEvents 0.3.
  const base64 =
    text(event, 'datacontentencoding') === 'base64' ? data : (own(event, 'data_base64') ?? undefined);
  if (base64 === undefined && data === undefined) return { data: {}, bytes: Buffer.from('{}') };
  if (base64 === undefined) {
    if (isObject(data)) return { data, bytes: bytesOfObject(data) };
    return fault('data', 'the data of the CloudEvent is not a JSON object');
  }
  if (typeof base64 !== 'string') return fault('data', 'the data of the CloudEvent is not base64');
  try {
    const bytes = codec.decode(text(event, 'type') ?? '', Buffer.from(base64, 'base64'));
    const object = parseObject(bytes);
    if (typeof object === 'string') return fault('data', object);
    return { data: object ?? {}, bytes };
  } catch (error) {
    return fault('data', `the data cannot be decoded: ${messageOf(error)}`);
  }
}
