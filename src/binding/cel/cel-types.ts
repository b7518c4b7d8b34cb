import type { Environment } from '@marcbachmann/cel-js';
import {
  type GraphQLType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';

/** Named values of GraphQL types: a field's arguments, an event's fields. `undefined`: of no one type. */
export type Shape = ReadonlyMap<string, GraphQLType | undefined>;

const LEAVES: Readonly<Record<string, string>> = {
  Int: 'int',
  Float: 'double',
  Boolean: 'bool',
  ID: 'string',
  String: 'string',
  DateTime: 'string',
  Cursor: 'string',
};

// Keeps the schema's names apart from CEL's own, such as `list`.
const PREFIX = 'graphql_';

/** The types that one environment knows, declared as they are met. */
export class CelTypes {
  /** The fields of each declared type, by its CEL name. */
  readonly #fields = new Map<string, readonly string[]>();
  readonly #pending = new Set<string>();

  constructor(readonly environment: Environment) {}

  /** The names within a declared type, or `undefined` for other types. */
  fieldsOf(celType: string): readonly string[] | undefined {
    return this.#fields.get(celType);
  }

  /** Declares a shape under a name, and answers its CEL type. */
  declare(name: string, shape: Shape): string {
    const celName = PREFIX + name;
    if (this.#fields.has(celName)) return celName;
    // CEL types are declared after the types they use: one that contains itself is not checked further.
    if (this.#pending.has(celName)) return 'dyn';
    this.#pending.add(celName);
    const fields: Record<string, string> = {};
    for (const [field, type] of shape) fields[field] = type === undefined ? 'dyn' : this.of(type);
    this.environment.registerType(celName, { fields });
    this.environment.registerOperator(`${celName} == null`, (a, b) => a === b);
    this.#fields.set(celName, Object.keys(fields));
    return celName;
  }

  /** The CEL type of a GraphQL type. Whether it may be null is not part of it. */
  of(type: GraphQLType): string {
    if (isNonNullType(type)) return this.of(type.ofType);
    if (isListType(type)) return `list<${this.of(type.ofType)}>`;
    if (isEnumType(type)) return 'string';
    if (isScalarType(type)) return LEAVES[type.name] ?? 'dyn';
    if (isInputObjectType(type) || isObjectType(type)) return this.declare(type.name, shapeOf(type));
    return 'dyn';
  }
}

/** A text of CEL's in the schema's own names. */
export function inSchemaNames(text: string): string {
  return text.replaceAll(PREFIX, '');
}

export function shapeOf(type: {
  getFields(): Readonly<Record<string, { readonly name: string; readonly type: GraphQLType }>>;
}): Shape {
  return new Map(Object.values(type.getFields()).map((field) => [field.name, field.type]));
}

/**
 * A JSON value as CEL has it: an `Int` is a bigint, a value that is not there is null. What is not of its
 * type is left as it is.
 */
export function toCel(type: GraphQLType | undefined, value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (type === undefined) return value;
  if (isNonNullType(type)) return toCel(type.ofType, value);
  if (isListType(type)) return Array.isArray(value) ? value.map((item) => toCel(type.ofType, item)) : value;
  if (isInputObjectType(type) || isObjectType(type))
    return typeof value === 'object' ? fieldsToCel(shapeOf(type), value) : value;
  if (isScalarType(type) && type.name === 'Int')
    return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
  if (isScalarType(type) && type.name === 'ID') return typeof value === 'number' ? String(value) : value;
  return value;
}

/** The fields of `shape` (or those of them that are `wanted`) of a JSON object, as CEL has them. */
export function fieldsToCel(shape: Shape, value: object, wanted?: ReadonlySet<string>): object {
  const all = new Map(Object.entries(value));
  const fields: Record<string, unknown> = {};
  for (const [name, type] of shape) {
    if (wanted === undefined || wanted.has(name)) fields[name] = toCel(type, all.get(name));
  }
  return fields;
}

/** A CEL value as JSON has it. @throws RangeError for an integer that a JSON number does not hold */
export function fromCel(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is too large for a number in JSON`);
    return number;
  }
  if (Array.isArray(value)) return value.map(fromCel);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Map || isPlain(value)) {
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    return Object.fromEntries(entries.map(([key, item]) => [String(fromCel(key)), fromCel(item)]));
  }
  // CEL's uint.
  return fromCel(value.valueOf() === value ? String(value) : value.valueOf());
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
