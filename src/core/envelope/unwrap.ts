import type { Headers } from '../record.js';
import type { TopicFormat } from '../topic-format.js';
import { isConnectValue, unwrapConnect } from './connect.js';
import { unwrapDebezium, unwrapOutbox } from './debezium.js';
import { type DecodeFault, fault, type Unwrapped } from './envelope.js';
import { isObject } from './json-object.js';

/** @param json the value of the record, parsed */
export function unwrap(
  json: unknown,
  headers: Headers,
  { kind, codec }: TopicFormat,
): Unwrapped | DecodeFault {
  if (kind === 'DEBEZIUM') return unwrapDebezium(json);
  if (kind === 'DEBEZIUM_OUTBOX') return unwrapOutbox(json, headers);
  // The converters of a registry write no schema into the record: its value is the payload.
  if (codec !== undefined && isObject(json) && !isConnectValue(json)) return { data: json };
  const value = unwrapConnect(json);
  if ('ok' in value) return value;
  const { payload, schemaName } = value;
  if (payload === null || isObject(payload)) return { data: payload, typeName: schemaName };
  return fault('data', 'the payload is not a JSON object');
}
