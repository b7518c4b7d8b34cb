import {
  type GraphQLType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { type Shape, shapeOf } from './shape.js';

/**
 * Converts a JSON value to CEL: an `Int` becomes a bigint, an absent value null, a numeric `ID` a string.
 * A value that does not match its type is passed on unchanged: other producers may have written it.
 */
function toCel(type: GraphQLType | undefined, value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (type === undefined) return value;
  if (isNonNullType(type)) return toCel(type.ofType, value);
  if (isListType(type)) return Array.isArray(value) ? value.map((item) => toCel(type.ofType, item)) : value;
  if (isInputObjectType(type) || isObjectType(type))
    return typeof value === 'object' ? fieldsToCel(shapeOf(type), value) : value;
  if (isScalarType(type) && type.name === 'Int')
    return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
  if (isScalarType(type) && type.name === 'ID')
    return typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  return value;
}

/**
 * Converts the fields of a JSON object to CEL. Every field of `shape` is set, to null if it is absent.
 * @param only the fields to convert; all of `shape` when left out
 */
export function fieldsToCel(shape: Shape, value: object, only?: ReadonlySet<string>): object {
  const all = new Map(Object.entries(value));
  const fields: Record<string, unknown> = {};
  for (const [name, type] of shape) {
    if (only === undefined || only.has(name)) fields[name] = toCel(type, all.get(name));
  }
  return fields;
}

/**
 * Converts a CEL value to JSON.
 * @throws {RangeError} for an integer outside the safe range of JSON numbers
 */
export function fromCel(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is too large for a JSON number`);
    return number;
  }
  if (Array.isArray(value)) return value.map(fromCel);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Date) return value.toISOString();
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
