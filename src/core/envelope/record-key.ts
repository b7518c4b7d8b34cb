import { bytesOfText, textOfBytes } from '../byte-text.js';
import { messageOf } from '../errors.js';
import { parseJson, parseJsonText } from '../exact-json.js';
import { isEncoded, KeyFormatError, recordKeyOf, subjectOfJson, subjectOfKey } from '../key-format.js';
import type { LogRecord } from '../record.js';
import type { SchemaCodec } from '../schema-codec.js';
import type { TopicFormat } from '../topic-format.js';
import { ConnectReader } from './connect.js';
import { framedKey } from './schema-header.js';

type KeyedFormat = Pick<TopicFormat, 'key' | 'keyCodec'>;

/** A record's key as its topic declares it. @throws {KeyFormatError} */
export function subjectOf(
  { key: format, keyCodec }: KeyedFormat,
  key: string,
  headers: LogRecord['headers'] = {},
  connect = new ConnectReader(),
): string {
  if (!isEncoded(format)) return subjectOfKey(format, key);
  try {
    const bytes = bytesOfText(key);
    if (format === 'CONNECT') return subjectOfJson(payloadOf(bytes, connect));
    return subjectOfJson(parseJson(requireCodec(keyCodec).decode('', framedKey(headers, bytes))));
  } catch (error) {
    throw new KeyFormatError(`the key is not ${format}: ${messageOf(error)}`);
  }
}

/** The key of a record, as its topic declares it. @throws {KeyFormatError} */
export function recordKey({ key: format, keyCodec }: KeyedFormat, subject: string): string {
  if (!isEncoded(format)) return recordKeyOf(format, subject);
  try {
    return textOfBytes(format === 'CONNECT' ? connectKey(subject) : encoded(requireCodec(keyCodec), subject));
  } catch (error) {
    const reason = messageOf(error);
    throw new KeyFormatError(`${JSON.stringify(subject.slice(0, 40))} is not ${format}: ${reason}`);
  }
}

function payloadOf(bytes: Buffer, connect: ConnectReader): unknown {
  const read = connect.read(bytes);
  if (typeof read === 'string') throw new Error(read);
  if (!('schemaName' in read)) throw new Error('it is not {"schema", "payload"}, as Kafka Connect writes it');
  // Exactly: an id beyond 2^53 is another key than its neighbour.
  return read.bytes === undefined ? read.payload : parseJson(read.bytes);
}

/** As JsonConverter reads it. An object has no schema, because nothing says which. */
function connectKey(subject: string): Buffer {
  const struct = structureOf(subject);
  const schema = struct === undefined ? { type: 'string', optional: false } : null;
  return Buffer.from(`{"schema":${JSON.stringify(schema)},"payload":${struct ?? JSON.stringify(subject)}}`);
}

/** By the schema: text that is JSON may be a record, a number, or really text. */
function encoded(codec: SchemaCodec, subject: string): Buffer {
  const text = Buffer.from(JSON.stringify(subject));
  const json = isJson(subject) ? Buffer.from(subject) : undefined;
  if (json === undefined) return codec.encode('', text);
  const [first, second] = structureOf(subject) === undefined ? [text, json] : [json, text];
  try {
    return codec.encode('', first);
  } catch (error) {
    try {
      return codec.encode('', second);
    } catch {
      throw error;
    }
  }
}

/** The text, if it is an object or a list in JSON. */
const structureOf = (subject: string): string | undefined =>
  /^[{[]/.test(subject) && isJson(subject) ? subject : undefined;

function isJson(text: string): boolean {
  try {
    parseJsonText(text);
    return true;
  } catch {
    return false;
  }
}

function requireCodec(codec: SchemaCodec | undefined): SchemaCodec {
  if (codec === undefined) throw new Error('it needs a schema registry, and none is configured');
  return codec;
}
