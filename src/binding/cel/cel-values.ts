import { DecimalValue } from './decimal.js';
import { Message } from './message.js';
import { Timestamp } from './timestamp.js';

/**
 * Converts a CEL value to JSON as `core/exact-json.ts` reads it: an integer beyond 2^53 stays a `bigint`. A DateTime that
 * an expression only passes on keeps its text.
 */
export function fromCel(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Array.isArray(value)) return value.map(fromCel);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof DecimalValue) return String(value);
  if (value instanceof Timestamp) return value.text ?? String(value);
  if (value instanceof Message) return value.data;
  if (value instanceof Map || isPlainObject(value)) {
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    return Object.fromEntries(entries.map(([key, item]) => [String(fromCel(key)), fromCel(item)]));
  }
  // cel-js wraps uint and durations in objects with a primitive `valueOf`. Others have only a text form.
  return fromCel(value.valueOf() === value ? String(value) : value.valueOf());
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
