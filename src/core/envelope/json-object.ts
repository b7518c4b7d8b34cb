import { parseJson, stringifyJson } from '../exact-json.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The data; `null` without a value; a string, if the value is not a JSON object: the reason. */
export function parseObject(value: Buffer | null): JsonObject | null | string {
  if (value === null) return null;
  try {
    const data: unknown = JSON.parse(value.toString('utf8'));
    return isObject(data) ? data : 'the value is JSON, but not an object';
  } catch (error) {
    return notJson(error);
  }
}

/** `parseObject` of any JSON whose integers stay exact: for what is written again. */
export function parseExact(value: Buffer): { readonly json: unknown } | string {
  try {
    return { json: parseJson(value) };
  } catch (error) {
    return notJson(error);
  }
}

export function bytesOfObject(data: JsonObject): Buffer {
  return Buffer.from(stringifyJson(data));
}

/** Proven to be an object, and not an array: its members have names, and unknown values. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const notJson = (error: unknown): string =>
  `the value is not JSON: ${error instanceof Error ? error.message : String(error)}`;
