import { own } from '../own.js';
import type { LogRecord } from '../record.js';
import type { Envelope } from './envelope.js';
import { isObject } from './json-object.js';
import { framedValue } from './schema-header.js';
import { isStructured } from './structured.js';

/** What a record looks like, whatever its topic declares. */
export interface RecordShape {
  readonly envelope: Envelope;
  /** In words, for several records: `CloudEvents in structured mode`. */
  readonly label: string;
}

/** Whether a record has the id of its value's schema, in a header or in front of the value. */
export function isFramed({ headers, value }: Pick<LogRecord, 'headers' | 'value'>): boolean {
  return value !== null && (framedValue({ headers }, value) !== value || isFrame(value));
}

/** Whether bytes begin with the id of a schema, as Confluent's serialisers write it. JSON never begins with a zero byte. */
export function isFrame(bytes: Buffer): boolean {
  return bytes[0] === 0 && bytes.length > 5;
}

/**
 * The envelope that a record looks as if it had. Only headers and names of members can tell, so it is a guess: what a person
 * reads, never what a record is decoded by.
 * @param json its value, decoded
 */
export function shapeOf({ headers }: Pick<LogRecord, 'headers'>, json: unknown): RecordShape {
  if (headers['ce_specversion'] !== undefined || headers['ce_type'] !== undefined)
    return { envelope: 'CLOUDEVENTS', label: 'CloudEvents in binary mode' };
  if (isStructured(headers)) return { envelope: 'CLOUDEVENTS', label: 'CloudEvents in structured mode' };
  const payload = payloadOf(json);
  const inner = payload === undefined ? json : payload;
  if (isChange(inner)) return { envelope: 'DEBEZIUM', label: 'change events of Debezium' };
  if (headers['id'] !== undefined && (headers['eventType'] !== undefined || typeof inner === 'string'))
    return { envelope: 'DEBEZIUM_OUTBOX', label: "messages of Debezium's outbox event router" };
  if (payload !== undefined)
    return { envelope: 'CONNECT', label: 'values of Kafka Connect with {"schema", "payload"}' };
  return { envelope: 'JSON', label: 'plain JSON' };
}

/** `undefined`: the value is not Kafka Connect's. */
function payloadOf(json: unknown): unknown {
  if (!isObject(json) || Object.keys(json).length !== 2) return undefined;
  const schema = own(json, 'schema');
  const isSchema = schema === null || (isObject(schema) && typeof own(schema, 'type') === 'string');
  return isSchema ? own(json, 'payload') : undefined;
}

function isChange(json: unknown): boolean {
  if (!isObject(json) || typeof own(json, 'op') !== 'string') return false;
  return ('before' in json || 'after' in json) && 'source' in json;
}
