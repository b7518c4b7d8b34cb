import { own } from '../own.js';
import { type ShowPayload, showPayload } from './connect-types.js';
import { isObject, parseExact, parseValue } from './json-object.js';

/** The value of Kafka Connect's JsonConverter with `schemas.enable=true`. */
export interface ConnectValue {
  /** The name of its schema, such as `com.acme.Order`. */
  readonly schemaName: string | undefined;
  readonly payload: unknown;
  /** The payload in the record, if it is shown as it is. Then the integers of `payload` may be inexact. */
  readonly bytes: Buffer | undefined;
}

/** Any other JSON, such as that of a converter without schemas. */
export interface PlainValue extends Omit<ConnectValue, 'schemaName' | 'bytes'> {
  readonly bytes: Buffer;
}

interface ConnectSchema {
  readonly schemaName: string | undefined;
  readonly show: ShowPayload | undefined;
}

/** A schema, and the bytes before the payload of all records that have it. */
interface KnownSchema extends ConnectSchema {
  readonly prefix: Buffer;
}

/** C4: how many schemas are kept, and how long each may be. A topic mostly has one. */
const MAX_KNOWN = 16;
const MAX_PREFIX_BYTES = 65_536;
const CLOSING_BRACE = 0x7d;

/**
 * Reads the values of JsonConverter. Each record repeats its schema, which is often longer than the payload. So the text up to
 * the payload is remembered, and only the payload of a record that begins with it is parsed.
 * @see https://kafka.apache.org/documentation/#connect, org.apache.kafka.connect.json.JsonConverter
 */
export class ConnectReader {
  /** The most recently used comes first. */
  readonly #known: KnownSchema[] = [];

  /** @returns what is wrong, if it is not JSON */
  read(value: Buffer): ConnectValue | PlainValue | string {
    const known = this.#readKnown(value);
    if (known !== undefined) return known;
    const parsed = parseValue(value);
    if (typeof parsed === 'string') return parsed;
    if (!isConnectValue(parsed.json)) return { payload: parsed.json, bytes: value };
    const schema = this.#learn(value, own(parsed.json, 'schema'));
    return this.#readKnown(value) ?? readWhole(value, schema);
  }

  /** Hot path (bench: decode). */
  #readKnown(value: Buffer): ConnectValue | undefined {
    const at = this.#known.findIndex(({ prefix }) => startsWith(value, prefix));
    const known = this.#known[at];
    if (known === undefined || value[value.length - 1] !== CLOSING_BRACE) return undefined;
    if (at > 0) this.#known.unshift(...this.#known.splice(at, 1));
    const bytes = value.subarray(known.prefix.length, value.length - 1);
    // What follows the prefix is the payload if it is JSON as a whole.
    const parsed = known.show === undefined ? parseValue(bytes) : parseExact(bytes);
    return typeof parsed === 'string' ? undefined : shown(known, parsed.json, bytes);
  }

  #learn(value: Buffer, schema: unknown): ConnectSchema {
    const name = isObject(schema) ? own(schema, 'name') : undefined;
    const learnt = {
      schemaName: typeof name === 'string' ? name : undefined,
      show: showPayload(schema),
    };
    const prefix = prefixOf(value);
    if (prefix !== undefined) this.#known.unshift({ ...learnt, prefix });
    this.#known.length = Math.min(this.#known.length, MAX_KNOWN);
    return learnt;
  }
}

/** A payload that is not the last member, or has white space behind it. */
function readWhole(value: Buffer, schema: ConnectSchema): ConnectValue | string {
  const parsed = parseExact(value);
  if (typeof parsed === 'string') return parsed;
  return shown(schema, isObject(parsed.json) ? own(parsed.json, 'payload') : undefined, undefined);
}

function shown(
  { schemaName, show }: ConnectSchema,
  payload: unknown,
  bytes: Buffer | undefined,
): ConnectValue {
  return show === undefined
    ? { schemaName, payload, bytes }
    : { schemaName, payload: show(payload), bytes: undefined };
}

const PAYLOAD = '"payload":';
/** S4: each takes parsing what is before it. A schema seldom has the text once. */
const MAX_PREFIXES = 16;

/** The bytes before the payload, if it comes last. */
function prefixOf(value: Buffer): Buffer | undefined {
  let left = MAX_PREFIXES;
  for (let at = value.indexOf(PAYLOAD); at >= 0 && left > 0; at = value.indexOf(PAYLOAD, at + 1)) {
    left -= 1;
    const prefix = value.subarray(0, at + PAYLOAD.length);
    if (prefix.length > MAX_PREFIX_BYTES) return undefined;
    // Not a text or an inner object that has the same characters.
    const parsed = parseValue(Buffer.concat([prefix, Buffer.from('null}')]));
    // A copy: the value is a part of a whole fetched batch.
    if (typeof parsed !== 'string' && isConnectValue(parsed.json)) return Buffer.from(prefix);
  }
  return undefined;
}

function startsWith(value: Buffer, prefix: Buffer): boolean {
  return value.length > prefix.length && value.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}

function isConnectValue(json: unknown): json is Readonly<Record<'schema' | 'payload', unknown>> {
  return isObject(json) && Object.keys(json).length === 2 && 'schema' in json && 'payload' in json;
}
