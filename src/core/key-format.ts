import { bytesOfText, isWellFormed, textOfBytes } from './byte-text.js';
import { canonicalJson } from './canonical-json.js';
import { parseJsonText } from './exact-json.js';

/** How the keys of a topic read: `enum KeyFormat` of schema/directives.graphql. */
export type KeyFormat = ExactKeyFormat | EncodedKeyFormat;

/** Each key has one text and each text one key, whichever producer wrote it. */
export type ExactKeyFormat = 'STRING' | 'INT32' | 'INT64' | 'UUID' | 'BYTES' | 'JSON';

/**
 * Keys with a schema (`envelope/record-key.ts`). Writers with different schemas make different bytes of one key, so its
 * partition does not follow from it.
 */
export type EncodedKeyFormat = 'CONNECT' | 'AVRO' | 'PROTOBUF' | 'JSON_SCHEMA';

const ENCODED: ReadonlySet<KeyFormat> = new Set(['CONNECT', 'AVRO', 'PROTOBUF', 'JSON_SCHEMA']);

export const isEncoded = (format: KeyFormat | undefined): format is EncodedKeyFormat =>
  format !== undefined && ENCODED.has(format);

/** A key that does not read as its topic declares. The message says what it is, and what it should be. */
export class KeyFormatError extends Error {
  override readonly name = 'KeyFormatError';
}

/**
 * A record's key as the text by which events are found and shown: the event's subject. Different keys are different
 * texts, and `recordKeyOf` makes the same bytes of each again. It is always valid Unicode.
 *
 * | format    | the text                                                                                         |
 * |-----------|--------------------------------------------------------------------------------------------------|
 * | none      | the key, if it is UTF-8; otherwise `base64:` and its bytes in base64                             |
 * | `STRING`  | the key                                                                                          |
 * | `INT32`, `INT64` | the big-endian integer in decimal (Java's IntegerSerializer and LongSerializer)           |
 * | `UUID`    | the 16 bytes as `8-4-4-4-12` hexadecimal digits (RFC 9562)                                       |
 * | `BYTES`   | the bytes in base64                                                                              |
 * | `JSON`    | the text of a JSON string; an object or array as it is; any other JSON after `json:`, as `json:5` |
 *
 * @param key the text of the key's bytes (`byte-text.ts`)
 * @throws {KeyFormatError}
 */
export function subjectOfKey(format: ExactKeyFormat | undefined, key: string): string {
  if (format === undefined) return isWellFormed(key) && unmarked(key) === undefined ? key : marked(key);
  switch (format) {
    case 'STRING':
      if (!isWellFormed(key)) throw new KeyFormatError('the key is not UTF-8, as STRING is');
      return key;
    case 'JSON':
      return subjectOfJsonKey(key);
    default:
      return subjectOfBytes(format, bytesOfText(key));
  }
}

/**
 * The record's key for a subject.
 * @param subject as `subjectOfKey` makes it, or as people write it: a UUID in capitals, a number with zeros before it
 * @throws {KeyFormatError}
 */
export function recordKeyOf(format: ExactKeyFormat | undefined, subject: string): string {
  const key = format === undefined ? unmarked(subject) : undefined;
  if (key !== undefined) return key;
  if (!isWellFormed(subject)) throw new KeyFormatError('the key has half of a surrogate pair');
  switch (format) {
    case undefined:
    case 'STRING':
      return subject;
    case 'INT32':
      return textOfBytes(bytesOfInteger(subject, 4));
    case 'INT64':
      return textOfBytes(bytesOfInteger(subject, 8));
    case 'UUID':
      if (!UUID.test(subject)) throw new KeyFormatError(`${quoted(subject)} is not a UUID`);
      return textOfBytes(Buffer.from(subject.replaceAll('-', ''), 'hex'));
    case 'BYTES':
      return textOfBytes(bytesOfBase64(subject));
    case 'JSON':
      return jsonOfSubject(subject);
  }
}

/** The one text of a key that may be written in several ways. @throws {KeyFormatError} */
export function canonicalSubject(format: KeyFormat | undefined, subject: string): string {
  if (format === undefined) return subject;
  return isEncoded(format) ? canonicalText(subject) : subjectOfKey(format, recordKeyOf(format, subject));
}

/**
 * The subject of a key with a schema: a text as it is, unless it is an object or array in JSON, which is canonical JSON as
 * any other value is. So it is found whichever way a subscription writes it. @throws {KeyFormatError}
 */
export function subjectOfJson(value: unknown): string {
  return canonicalText(typeof value === 'string' ? value : canonicalJson(value));
}

function canonicalText(subject: string): string {
  if (!isWellFormed(subject)) throw new KeyFormatError('the key has half of a surrogate pair');
  return STRUCTURE.test(subject) && isJson(subject) ? canonicalJson(parseJsonText(subject)) : subject;
}

/** The subject of a key that an expression has computed: a CEL int is a number in JSON. @throws {KeyFormatError} */
export function subjectOfValue(format: KeyFormat | undefined, value: string | bigint | number): string {
  const isNumber = typeof value !== 'string';
  return canonicalSubject(format, format === 'JSON' && isNumber ? `${JSON_MARK}${value}` : String(value));
}

const BASE64_MARK = 'base64:';
const JSON_MARK = 'json:';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const marked = (key: string): string => BASE64_MARK + bytesOfText(key).toString('base64');

/** The key that is shown as `text`; `undefined` if `text` is a key that is shown as itself. */
function unmarked(text: string): string | undefined {
  if (!text.startsWith(BASE64_MARK)) return undefined;
  const base64 = text.slice(BASE64_MARK.length);
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) return undefined;
  const key = textOfBytes(bytes);
  // Only such keys are marked. So of all UTF-8 keys, only those that look like a marked one are shown otherwise.
  return isWellFormed(key) && unmarked(key) === undefined ? undefined : key;
}

function subjectOfBytes(format: 'INT32' | 'INT64' | 'UUID' | 'BYTES', bytes: Buffer): string {
  if (format === 'BYTES') return bytes.toString('base64');
  const length = LENGTHS[format];
  if (bytes.length !== length)
    throw new KeyFormatError(`the key has ${bytes.length} bytes, but ${format} has ${length}`);
  if (format === 'INT32') return String(bytes.readInt32BE());
  if (format === 'INT64') return String(bytes.readBigInt64BE());
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const LENGTHS = { INT32: 4, INT64: 8, UUID: 16 } as const;

function bytesOfInteger(subject: string, length: 4 | 8): Buffer {
  const value = /^-?\d{1,40}$/.test(subject) ? BigInt(subject) : undefined;
  const bits = 8 * length;
  if (value === undefined || BigInt.asIntN(bits, value) !== value)
    throw new KeyFormatError(`${quoted(subject)} is not an integer of ${bits} bits`);
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes.subarray(8 - length);
}

function bytesOfBase64(subject: string): Buffer {
  const bytes = Buffer.from(subject, 'base64');
  if (bytes.toString('base64') !== subject) throw new KeyFormatError(`${quoted(subject)} is not base64`);
  return bytes;
}

function subjectOfJsonKey(key: string): string {
  if (!isWellFormed(key) || !isJson(key)) throw new KeyFormatError('the key is not JSON');
  const value: unknown = JSON.parse(key);
  if (typeof value === 'string' && JSON.stringify(value) === key && isWellFormed(value) && !isJsonText(value))
    return value;
  // Also a string that is written in an unusual way: its bytes make it another key.
  return STRUCTURE.test(key) ? key : JSON_MARK + key;
}

function jsonOfSubject(subject: string): string {
  if (!isJsonText(subject)) return JSON.stringify(subject);
  const json = subject.startsWith(JSON_MARK) ? subject.slice(JSON_MARK.length) : subject;
  if (!isJson(json)) throw new KeyFormatError(`${quoted(subject)} has no JSON after ${JSON_MARK}`);
  return json;
}

const STRUCTURE = /^[{[]/;

/** Whether a subject stands for JSON other than a string of this text. */
const isJsonText = (text: string): boolean =>
  text.startsWith(JSON_MARK) || (STRUCTURE.test(text) && isJson(text));

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** How much of a key an error shows. */
const MAX_SHOWN_CHARS = 40;

const quoted = (text: string): string => JSON.stringify(text.slice(0, MAX_SHOWN_CHARS));
