import avsc from 'avsc';
import { isObject } from '../../core/envelope/json-object.js';
import { BASE64 } from './avro-types.js';

const { types } = avsc;
type Convert = (value: unknown) => unknown;

/**
 * From what avsc decodes to JSON: a wrapped union becomes its value, a record of several also gets `__typename`; fixed bytes
 * become base64. `undefined`: a value of this type is JSON already.
 */
export function toJson(
  type: avsc.Type,
  known: Map<avsc.Type, Convert | undefined> = new Map(),
): Convert | undefined {
  if (known.has(type)) return known.get(type);
  // Types may refer to themselves: until this one is known, its own parts look it up when they run.
  known.set(type, (value) => (known.get(type) ?? same)(value));
  const convert = conversionOf(type, (part) => toJson(part, known));
  known.set(type, convert);
  return convert;
}

const same: Convert = (value) => value;

function conversionOf(type: avsc.Type, part: (type: avsc.Type) => Convert | undefined): Convert | undefined {
  if (type instanceof types.FixedType)
    return (bytes) => (Buffer.isBuffer(bytes) ? bytes.toString('base64') : bytes);
  if (type instanceof types.ArrayType) {
    const items = part(type.itemsType);
    return items && ((list) => (Array.isArray(list) ? list.map(items) : list));
  }
  if (type instanceof types.MapType) {
    const values = part(type.valuesType);
    return values && ((map) => mapObject(map, (_name, value) => values(value)));
  }
  if (type instanceof types.RecordType) {
    const fields = new Map(
      type.fields.flatMap(({ name, type: of }) => {
        const convert = part(of);
        return convert === undefined ? [] : [[name, convert] as const];
      }),
    );
    return fields.size === 0
      ? undefined
      : (record) => mapObject(record, (name, value) => (fields.get(name) ?? same)(value));
  }
  if (type instanceof types.UnwrappedUnionType) {
    const branches = type.types.flatMap((branch) => {
      const convert = part(branch);
      return convert === undefined ? [] : [{ fits: fitsOf(branch), convert }];
    });
    return branches.length === 0
      ? undefined
      : (value) => branches.find(({ fits }) => fits(value))?.convert(value) ?? value;
  }
  if (type instanceof types.WrappedUnionType) return unwrapping(type, part);
  return undefined;
}

/** Which values of an unwrapped union are of a branch. avsc unwraps only unions whose branches this tells apart. */
function fitsOf(branch: avsc.Type): (value: unknown) => boolean {
  if (branch instanceof types.ArrayType) return Array.isArray;
  return branch instanceof types.FixedType ? Buffer.isBuffer : isObject;
}

function unwrapping(
  type: avsc.types.WrappedUnionType,
  part: (type: avsc.Type) => Convert | undefined,
): Convert {
  const records = type.types.filter((branch) => branch instanceof types.RecordType);
  const branches = new Map(
    type.types.map((branch) => {
      const convert = part(branch) ?? same;
      const isOneOfSeveral = records.length > 1 && branch instanceof types.RecordType;
      const name = lastPart(branch.name ?? '');
      return [
        branch.branchName ?? '',
        isOneOfSeveral ? (value: unknown) => ({ __typename: name, ...(convert(value) as object) }) : convert,
      ] as const;
    }),
  );
  return (value) => {
    if (!isObject(value)) return value;
    const [[name, inner] = ['', undefined]] = Object.entries(value);
    return (branches.get(name) ?? same)(inner);
  };
}

export const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

function mapObject(value: unknown, convert: (name: string, value: unknown) => unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, convert(name, item)]));
}

/**
 * From JSON to what avsc encodes. It accepts what GraphQL makes of values: text for an `ID` that is a long, a field left out
 * that may be null. What does not fit is left as it is, and avsc reports it with its path.
 */
export function fromJson(type: avsc.Type, value: unknown): unknown {
  if (type instanceof types.RecordType) {
    if (!isObject(value)) return value;
    return Object.fromEntries(
      type.fields.map((field) => {
        const given = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
        // avsc writes the default of a field that is left out.
        const isNull = given === undefined && field.defaultValue() === undefined && allowsNull(field.type);
        return [field.name, isNull ? null : given === undefined ? given : fromJson(field.type, given)];
      }),
    );
  }
  if (type instanceof types.ArrayType)
    return Array.isArray(value) ? value.map((item) => fromJson(type.itemsType, item)) : value;
  if (type instanceof types.MapType)
    return mapObject(value, (_name, item) => fromJson(type.valuesType, item));
  if (type instanceof types.FixedType)
    return typeof value === 'string' ? Buffer.from(value, 'base64') : value;
  if (type instanceof types.UnwrappedUnionType || type instanceof types.WrappedUnionType)
    return ofUnion(type, value);
  if (type instanceof types.LongType || type instanceof types.IntType) return integerOf(value);
  return value;
}

const allowsNull = (type: avsc.Type): boolean => type.isValid(null);

function integerOf(value: unknown): unknown {
  if (typeof value !== 'string' || !/^-?\d{1,19}$/.test(value)) return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}

/** The branch of `__typename`, otherwise the first that the value fits. */
function ofUnion(type: avsc.types.UnwrappedUnionType | avsc.types.WrappedUnionType, value: unknown): unknown {
  if (value === null) return null;
  const named = isObject(value) ? value['__typename'] : undefined;
  for (const branch of type.types) {
    if (named !== undefined && lastPart(branch.name ?? '') !== named) continue;
    const converted = fromJson(branch, value);
    if (branch.typeName === 'null' || !branch.isValid(converted)) continue;
    return type instanceof types.WrappedUnionType ? { [branch.branchName ?? '']: converted } : converted;
  }
  return value;
}

/** Plain `bytes`, which have no logical type of their own. */
export function isPlainBytes(schema: unknown, known: Readonly<Record<string, unknown>>): boolean {
  if (schema === 'bytes') return true;
  if (!isObject(schema) || schema['type'] !== 'bytes') return false;
  const logicalType = schema['logicalType'];
  return logicalType !== BASE64 && (typeof logicalType !== 'string' || !(logicalType in known));
}
