import { isUtf8 } from 'node:buffer';
import { messageOf } from '../errors.js';
import { parseJson, stringifyJson } from '../exact-json.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The data; `null` without a value; a string, if the value is not a JSON object: the reason. */
export function parseObject(value: Buffer | null): JsonObject | null | string {
  if (value === null) return null;
  try {
    const text = value.toString('utf8');
    if (text.includes(REPLACEMENT) && !isUtf8(value)) return NOT_UTF8;
    const data: unknown = JSON.parse(text);
    return isObject(data) ? data : 'the value is JSON, but not an object';
  } catch (error) {
    return notJson(value, error);
  }
}

/** `parseObject` of any JSON. Integers beyond 2^53 are inexact: for what is passed on as the bytes that it is. */
export function parseValue(value: Buffer): { readonly json: unknown } | string {
  try {
    const text = value.toString('utf8');
    if (text.includes(REPLACEMENT) && !isUtf8(value)) return NOT_UTF8;
    return { json: JSON.parse(text) };
  } catch (error) {
    return notJson(value, error);
  }
}

/** `parseValue` whose integers stay exact: for what is written again. */
export function parseExact(value: Buffer): { readonly json: unknown } | string {
  try {
    return isUtf8(value) ? { json: parseJson(value) } : NOT_UTF8;
  } catch (error) {
    return notJson(value, error);
  }
}

export function bytesOfObject(data: JsonObject): Buffer {
  return Buffer.from(stringifyJson(data));
}

/** Proven to be an object, and not an array: its members have names, and unknown values. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 8259, section 8.1. Other bytes would be shown as U+FFFD, and two different names as one. */
const NOT_UTF8 = 'the value is not UTF-8';
const REPLACEMENT = '\ufffd';

const notJson = (value: Buffer, error: unknown): string =>
  `the value is not JSON: ${beginningOf(value) ?? messageOf(error)}`;

/** What other serializers put before JSON, which the message of a JSON parser does not show. */
function beginningOf(value: Buffer): string | undefined {
  if (value.length === 0) return 'it is empty; a tombstone has no value';
  if (value[0] === 0)
    return 'it begins with a byte 0, as what the serializers of a schema registry write, which needs a codec';
  return value.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? 'it begins with a byte order mark'
    : undefined;
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff');
