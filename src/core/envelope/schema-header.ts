import { bytesOfText } from '../byte-text.js';
import type { LogRecord } from '../record.js';

/** Where serialisers put the id of a schema, if they are told to use headers. */
interface IdHeaders {
  /** Confluent's. It has the same bytes that would otherwise come first. */
  readonly confluent: string;
  /** Apicurio's: the number as a long. Its registry shows it by the same number in Confluent's API. */
  readonly apicurio: string;
}

const OF_VALUE: IdHeaders = { confluent: '__value_schema_id', apicurio: 'apicurio.value.contentId' };
const OF_KEY: IdHeaders = { confluent: '__key_schema_id', apicurio: 'apicurio.key.contentId' };

/** A value with the id of its schema in front of it, wherever the record has it. */
export function framedValue({ headers }: Pick<LogRecord, 'headers'>, value: Buffer): Buffer {
  return framed(headers, OF_VALUE, value);
}

/** The same for a key. */
export function framedKey(headers: LogRecord['headers'], key: Buffer): Buffer {
  return framed(headers, OF_KEY, key);
}

function framed(headers: LogRecord['headers'], { confluent, apicurio }: IdHeaders, bytes: Buffer): Buffer {
  const frame = headers[confluent];
  if (frame !== undefined) return Buffer.concat([bytesOfText(frame), bytes]);
  const long = bytesOfText(headers[apicurio] ?? '');
  // An id beyond four bytes has no place in a frame, and no such schema is in Confluent's API.
  return long.length === LONG_BYTES && long.readInt32BE(0) === 0
    ? Buffer.concat([FIRST_BYTE, long.subarray(LONG_BYTES / 2), bytes])
    : bytes;
}

const FIRST_BYTE = Buffer.from([0]);
const LONG_BYTES = 8;
