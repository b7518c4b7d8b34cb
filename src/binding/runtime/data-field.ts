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
import { builtInScalar } from '../sdl/scalars.js';

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
 * A number as a leaf type coerces it. Of a `bigint`, the built-in scalars that are not integers take the digits: `ID`, `String`
 * and `Decimal` show them, `Float` makes a double of them, and `Int` and the others report an error. `Long`, `BigInt`, `JSON`
 * and a project's own scalars show the integer as it is in the data, a JSON number.
 *
 * `ID`, `String` and `Decimal` show all digits of a double beyond 2^53 as well. Otherwise 1e21 would be another id than
 * 1000000000000000000000.
 */
export function leafInput(type: GraphQLLeafType, value: bigint | number): unknown {
  if (typeof value === 'bigint') return showsLongIntegers(type) ? value : String(value);
  return isTextScalar(type) && isInexactInteger(value) ? integerDigits(String(value)) : value;
}

/** Whether a leaf type shows numbers as text. */
export function isTextScalar(type: GraphQLLeafType): boolean {
  return type.name === 'ID' || type.name === 'String' || builtInScalar(type)?.celType === 'Decimal';
}

/** Whether a leaf type may show an integer beyond 2^53 as a number. A scalar of the project may show any JSON. */
export function showsLongIntegers(type: GraphQLLeafType): boolean {
  if (!isScalarType(type) || isSpecifiedScalarType(type)) return false;
  return builtInScalar(type)?.json !== 'text';
}

function coercible(type: GraphQLOutputType, value: unknown): unknown {
  if (isNonNullType(type)) return coercible(type.ofType, value);
  if (isListType(type))
    return Array.isArray(value) ? value.map((item) => coercible(type.ofType, item)) : value;
  const isNumber = typeof value === 'bigint' || typeof value === 'number';
  return isNumber && isLeafType(type) ? leafInput(type, value) : value;
}
