import avsc from 'avsc';
import { isObject } from '../../core/envelope/json-object.js';
import { parseJson, stringifyJson } from '../../core/exact-json.js';
import { boundBlocks, withinBounds } from './avro-blocks.js';
import { fromJson, isPlainBytes, lastPart, toJson } from './avro-json.js';
import { BASE64, connectType, LOGICAL_TYPES, LONG } from './avro-types.js';
import type { RegisteredSchema } from './registry-client.js';
import type { Serde } from './serde.js';

const { Type, types } = avsc;
boundBlocks();

/**
 * A schema of Avro. Values become JSON as a GraphQL result shows them: longs exact, bytes in base64, decimals as text, dates
 * and times in ISO 8601, unions as their value. A union of several records has `__typename`, the record's own name.
 * @param references the schemas that it refers to, each after those that it uses
 * @throws {Error} that says why the schema cannot be used
 * @see https://avro.apache.org/docs/1.12.0/specification/
 */
export function avroSerde({ schema }: RegisteredSchema, references: readonly RegisteredSchema[]): Serde {
  const options: Partial<avsc.ForSchemaOptions> = {
    registry: { long: LONG },
    logicalTypes: { ...LOGICAL_TYPES },
    // Records would have methods such as `isValid`, which graphql-js takes for fields.
    omitRecordMethods: true,
    typeHook: (part, hookOptions) => {
      const logicalType = isPlainBytes(part, LOGICAL_TYPES) ? BASE64 : connectType(part);
      if (logicalType === undefined) return undefined;
      const schema = isObject(part) ? part : { type: part };
      return Type.forSchema({ ...schema, logicalType } as avsc.Schema, hookOptions);
    },
  };
  for (const reference of references) Type.forSchema(JSON.parse(reference.schema), options);
  const type = Type.forSchema(JSON.parse(schema), options);
  const convert = toJson(type);
  return {
    nameOf: (payload) => branchOf(type, payload)?.name,
    decode: (payload) => {
      const value: unknown = withinBounds(() => type.fromBuffer(payload));
      return Buffer.from(stringifyJson(convert === undefined ? value : convert(value)));
    },
    encode: (name, json) => {
      const value = parseJson(json);
      const branches = type instanceof types.WrappedUnionType || type instanceof types.UnwrappedUnionType;
      const typed = branches && name !== '' && isObject(value) ? { __typename: name, ...value } : value;
      const avro = fromJson(type, typed);
      type.isValid(avro, { errorHook: (path, bad, expected) => throwInvalid(path, bad, expected) });
      return type.toBuffer(avro);
    },
  };
}

/** The record that a value is: of a union at the top, its branch. */
function branchOf(type: avsc.Type, payload: Buffer): avsc.Type | undefined {
  if (!(type instanceof types.WrappedUnionType || type instanceof types.UnwrappedUnionType)) return type;
  // A union begins with the number of its branch.
  const { value } = Type.forSchema('long').decode(payload, 0) as { readonly value: number };
  return type.types[value];
}

function throwInvalid(path: readonly string[], value: unknown, expected: avsc.Type): never {
  const at = path.length === 0 ? 'the data' : path.join('.');
  const shown =
    value === undefined
      ? 'missing'
      : JSON.stringify(value, (_k, v) => (typeof v === 'bigint' ? String(v) : v));
  throw new Error(
    `${at} is ${String(shown).slice(0, 60)}, and its Avro type is ${lastPart(expected.name ?? expected.typeName)}`,
  );
}
