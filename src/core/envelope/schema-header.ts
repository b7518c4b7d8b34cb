import { bytesOfText } from '../byte-text.js';
import type { LogRecord } from '../record.js';

/** Where Confluent's serialisers put the id of the value's schema, if they are told to use headers. */
const VALUE_SCHEMA_ID = '__value_schema_id';

/**
 * A value with the id of its schema in front of it, wherever the record has it: the header has the same bytes that would
 * otherwise precede the value.
 */
export function framedValue({ headers }: Pick<LogRecord, 'headers'>, value: Buffer): Buffer {
  const id = headers[VALUE_SCHEMA_ID];
  return id === undefined ? value : Buffer.concat([bytesOfText(id), value]);
}
