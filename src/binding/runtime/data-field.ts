import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLLeafType,
  type GraphQLOutputType,
  getNamedType,
  isLeafType,
  isListType,
  isNonNullType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql';
import { isInherited } from '../../core/own.js';

/**
 * Resolves a field without a resolver: to the property of its name. Integers beyond 2^53 are `bigint` in data
 * (`core/exact-json.ts`), which graphql-js cannot coerce.
 *
 * Graphql-js reads inherited properties too, and calls those that are functions: a field `constructor` that the data
 * lacks would be what `Object()` makes of the arguments.
 */
export const dataField: GraphQLFieldResolver<unknown, unknown> = (source, args, context, info) => {
  const isObject = typeof source === 'object' && source !== null;
  if (isObject && isInherited(info.fieldName) && !Object.hasOwn(source, info.fieldName)) return undefined;
  const value: unknown = defaultFieldResolver(source, args, context, info);
  if (typeof value !== 'bigint' && !Array.isArray(value)) return value;
  return isLeafType(getNamedType(info.returnType)) ? coercible(info.returnType, value) : value;
};

/**
 * A `bigint` as a leaf type coerces it. The built-in scalars take its digits: `ID` and `String` show them, `Float`
 * makes a double of them, and `Int` and the others report an error. A project's own scalars show the integer as it is
 * in the data, a JSON number.
 */
export function leafInput(type: GraphQLLeafType, value: bigint): unknown {
  return isOwnScalar(type) ? value : String(value);
}

/** Whether a leaf type is a scalar of the project, which may show any JSON. */
export function isOwnScalar(type: GraphQLLeafType): boolean {
  return isScalarType(type) && !isSpecifiedScalarType(type) && !OUR_SCALARS.has(type.name);
}

const OUR_SCALARS: ReadonlySet<string> = new Set(['DateTime', 'Cursor']);

function coercible(type: GraphQLOutputType, value: unknown): unknown {
  if (isNonNullType(type)) return coercible(type.ofType, value);
  if (isListType(type))
    return Array.isArray(value) ? value.map((item) => coercible(type.ofType, item)) : value;
  return typeof value === 'bigint' && isLeafType(type) ? leafInput(type, value) : value;
}
