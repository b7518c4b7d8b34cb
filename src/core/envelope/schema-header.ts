import { bytesOfText } from '../byte-text.js';
import type { LogRecord } from '../record.js';

/** Where Confluent's serialisers put the ids of schemas, if they are told to use headers. */
const VALUE_SCHEMA_ID = '__value_schema_id';
const KEY_SCHEMA_ID = '__key_schema_id';

/**
 * A value with the id of its schema in front of it, wherever the record has it: the header has the same bytes that would
 * otherwise precede the value.
 */
export function framedValue({ headers }: Pick<LogRecord, 'headers'>, value: Buffer): Buffer {
  return framed(headers[VALUE_SCHEMA_ID], value);
}

/** The same for a key. */
export function framedKey(headers: LogRecord['headers'], key: Buffer): Buffer {
  return framed(headers[KEY_SCHEMA_ID], key);
}

const framed = (id: string | undefined, bytes: Buffer): Buffer =>
  id === undefined ? bytes : Buffer.concat([bytesOfText(id), bytes]);
