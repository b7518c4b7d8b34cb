import { own } from '../own.js';
import { type DecodeFault, fault } from './envelope.js';
import { isObject } from './json-object.js';

/** The value of Kafka Connect's JsonConverter with `schemas.enable=true`. */
export interface ConnectValue {
  /** The name of its schema, such as `com.acme.Order`. */
  readonly schemaName: string | undefined;
  readonly payload: unknown;
}

/** @see https://kafka.apache.org/documentation/#connect, org.apache.kafka.connect.json.JsonConverter */
export function unwrapConnect(json: unknown): ConnectValue | DecodeFault {
  if (!isConnectValue(json))
    return fault('envelope', 'the value is not {"schema", "payload"}, as Kafka Connect writes it');
  const schema = own(json, 'schema');
  const name = isObject(schema) ? own(schema, 'name') : undefined;
  return { schemaName: typeof name === 'string' ? name : undefined, payload: own(json, 'payload') };
}

export function isConnectValue(json: unknown): json is Readonly<Record<'schema' | 'payload', unknown>> {
  return isObject(json) && Object.keys(json).length === 2 && 'schema' in json && 'payload' in json;
}
