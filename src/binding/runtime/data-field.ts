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
import { isInexactInteger } from '../../core/exact-json.js';
import { integerDigits } from '../../core/integer-digits.js';
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
  if (typeof value !== 'bigint' && !isInexactInteger(value) && !Array.isArray(value)) return value;
  return isLeafType(getNamedType(info.returnType)) ? coercible(info.returnType, value) : value;
};

/**
 * A number as a leaf type coerces it. Of a `bigint`, the built-in scalars take the digits: `ID` and `String` show them,
 * `Float` makes a double of them, and `Int` and the others report an error. A project's own scalars show the integer as
 * it is in the data, a JSON number.
 *
 * `ID` and `String` show all digits of a double beyond 2^53 as well. Otherwise 1e21 would be another id than
 * 1000000000000000000000.
 */
export function leafInput(type: GraphQLLeafType, value: bigint | number): unknown {
  if (typeof value === 'bigint') return isOwnScalar(type) ? value : String(value);
  return isTextScalar(type) && isInexactInteger(value) ? integerDigits(String(value)) : value;
}

/** Whether a leaf type shows numbers as text. */
export function isTextScalar({ name }: GraphQLLeafType): boolean {
  return name === 'ID' || name === 'String';
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
  const isNumber = typeof value === 'bigint' || typeof value === 'number';
  return isNumber && isLeafType(type) ? leafInput(type, value) : value;
}
