import type { Headers } from '../record.js';
import type { TopicFormat } from '../topic-format.js';
import type { ConnectReader } from './connect.js';
import { unwrapDebezium, unwrapOutbox } from './debezium.js';
import { type DecodeFault, fault, type Unwrapped } from './envelope.js';
import { isObject } from './json-object.js';

/** @param json the value of the record */
export function unwrap(
  json: Buffer,
  headers: Headers,
  { kind, codec }: TopicFormat,
  connect: ConnectReader,
): Unwrapped | DecodeFault {
  const read = connect.read(json);
  if (typeof read === 'string') return fault('data', read);
  const { payload, bytes } = read;
  if (kind === 'DEBEZIUM') return unwrapDebezium(payload, bytes);
  if (kind === 'DEBEZIUM_OUTBOX') return unwrapOutbox(payload, bytes, headers);
  if ('schemaName' in read) {
    if (payload === null) return { data: null, typeName: read.schemaName };
    if (isObject(payload)) return { data: payload, bytes, typeName: read.schemaName };
    return fault('data', 'the payload is not a JSON object');
  }
  // The converters of a registry write no schema into the record: its value is the payload.
  if (codec !== undefined && isObject(payload)) return { data: payload, bytes };
  return fault('envelope', 'the value is not {"schema", "payload"}, as Kafka Connect writes it');
}
