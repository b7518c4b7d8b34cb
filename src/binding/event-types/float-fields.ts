import {
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
  isAbstractType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { type ConvertData, holdsBigInt } from '../../core/exact-json.js';

/**
 * Converts the data of events for a project's code: a `Float` is a number, however large. Without the schema, an integer
 * beyond 2^53 is a `bigint` (`core/exact-json.ts`), because it may be an id.
 */
export function floatFields(schema: GraphQLSchema): ConvertData {
  const fields = new FloatFields(schema);
  return (typeName, data) => {
    const type = schema.getType(typeName);
    return isObjectType(type) && fields.reaches(type) && holdsBigInt(data)
      ? fields.convert(type, data)
      : data;
  };
}

class FloatFields {
  readonly #schema: GraphQLSchema;
  /** Whether a value of the type may have a `Float` in it. */
  readonly #reaches = new Map<GraphQLType, boolean>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  reaches(type: GraphQLType): boolean {
    let reaches = this.#reaches.get(type);
    if (reaches === undefined) {
      reaches = this.#mayReach(type, new Set());
      this.#reaches.set(type, reaches);
    }
    return reaches;
  }

  convert(type: GraphQLType, value: unknown): unknown {
    if (isNonNullType(type)) return this.convert(type.ofType, value);
    if (isListType(type))
      return Array.isArray(value) ? value.map((item) => this.convert(type.ofType, item)) : value;
    if (typeof value === 'bigint') return isFloat(type) ? Number(value) : value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const object = this.#objectType(type, value);
    if (object === undefined) return value;
    const fields = object.getFields();
    const members = Object.entries(value).map(([name, member]) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return [name, field === undefined ? member : this.convert(field.type, member)];
    });
    return Object.fromEntries(members);
  }

  /** Of a union or interface, the value says which type it has. */
  #objectType(type: GraphQLType, value: object): GraphQLObjectType | undefined {
    if (isObjectType(type)) return type;
    if (!isAbstractType(type)) return undefined;
    const name: unknown = Reflect.get(value, '__typename');
    const named = typeof name === 'string' ? this.#schema.getType(name) : undefined;
    return isObjectType(named) ? named : undefined;
  }

  #mayReach(type: GraphQLType, seen: Set<GraphQLType>): boolean {
    if (isNonNullType(type) || isListType(type)) return this.#mayReach(type.ofType, seen);
    if (isFloat(type)) return true;
    if (seen.has(type)) return false;
    seen.add(type);
    if (isAbstractType(type))
      return this.#schema.getPossibleTypes(type).some((possible) => this.#mayReach(possible, seen));
    return (
      isObjectType(type) && Object.values(type.getFields()).some((field) => this.#mayReach(field.type, seen))
    );
  }
}

const isFloat = (type: GraphQLType): boolean => isScalarType(type) && type.name === 'Float';
