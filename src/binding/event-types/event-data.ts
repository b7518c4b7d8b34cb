import {
  type GraphQLObjectType,
  type GraphQLType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { attempt } from '../../core/attempt.js';
import { MillraceError } from '../../core/errors.js';
import type { Shape } from '../cel/shape.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import { builtInScalar } from '../sdl/scalars.js';
import { dataShape } from './data-shape.js';
import { schemaViolations } from './json-schema.js';

type EventData = Readonly<Record<string, unknown>>;

/**
 * Coerces data to its event type before it is published. Fields that the type does not have are dropped.
 * @throws {MillraceError} EVENT_INVALID, with a line in `problems` for each field that is missing, has
 *   another type, or violates the type's JSON Schema
 */
export function coerceEventData(type: GraphQLObjectType, data: EventData, resolvers: ResolverMap): EventData {
  return eventDataCoercer(type, resolvers)(data);
}

/** `coerceEventData` for many events of one type: computes the shapes of its types once. */
export function eventDataCoercer(
  type: GraphQLObjectType,
  resolvers: ResolverMap,
): (data: EventData) => EventData {
  const shapes = new Map<GraphQLObjectType, Shape>();
  const shapeOf: ShapeOf = (objectType) => {
    const shape = shapes.get(objectType) ?? dataShape(objectType, resolvers);
    shapes.set(objectType, shape);
    return shape;
  };
  return (data) => {
    const problems: string[] = [];
    const coerced = coerceObject(type, data, '', shapeOf, problems);
    // The JSON Schema describes data of the right types: with others it would only repeat the problems.
    if (problems.length === 0) problems.push(...schemaViolations(type, coerced));
    if (problems.length > 0)
      throw new MillraceError('EVENT_INVALID', `${type.name}: ${problems.join('; ')}`, {
        details: { problems },
      });
    return coerced;
  };
}

/** Why a value cannot be data of a type: a line for each problem. */
export function dataProblems(
  type: GraphQLType,
  value: unknown,
  path: string,
  resolvers: ResolverMap,
): readonly string[] {
  const problems: string[] = [];
  coerceValue(type, value, path, (objectType) => dataShape(objectType, resolvers), problems);
  return problems;
}

type ShapeOf = (type: GraphQLObjectType) => Shape;

function coerceObject(
  type: GraphQLObjectType,
  data: object,
  path: string,
  shapeOf: ShapeOf,
  problems: string[],
): Record<string, unknown> {
  const coerced: Record<string, unknown> = {};
  for (const [name, fieldType] of shapeOf(type)) {
    if (fieldType === undefined) continue;
    const fieldPath = path === '' ? name : `${path}.${name}`;
    const given: unknown = Object.hasOwn(data, name) ? Reflect.get(data, name) : undefined;
    const result = coerceValue(fieldType, given, fieldPath, shapeOf, problems);
    if (result !== undefined) coerced[name] = result;
  }
  return coerced;
}

function coerceValue(
  type: GraphQLType,
  value: unknown,
  path: string,
  shapeOf: ShapeOf,
  problems: string[],
): unknown {
  if (isNonNullType(type)) {
    if (value === undefined || value === null) problems.push(`${path} is missing`);
    else return coerceValue(type.ofType, value, path, shapeOf, problems);
    return undefined;
  }
  if (value === undefined || value === null) return value;
  if (isListType(type)) {
    if (Array.isArray(value))
      return value.map((item: unknown, index) =>
        coerceValue(type.ofType, item, `${path}[${index}]`, shapeOf, problems),
      );
    problems.push(`${path} is not a list`);
    return undefined;
  }
  if (isObjectType(type)) {
    if (typeof value === 'object' && !Array.isArray(value))
      return coerceObject(type, value, path, shapeOf, problems);
    problems.push(`${path} is not an object`);
    return undefined;
  }
  if (isLeafType(type)) {
    const scalar = builtInScalar(type);
    if (scalar !== undefined) {
      const coerced = holdsInfinity(value)
        ? undefined
        : attempt(() => (scalar.store ?? scalar.coerce)(value));
      if (coerced === undefined) problems.push(`${path} is not ${type.name}`);
      return coerced;
    }
    const isValid = isEnumType(type)
      ? type.getValue(String(value)) !== undefined
      : isScalarValue(type.name, value);
    if (!isValid) problems.push(`${path} is not ${type.name}`);
    return type.name === 'ID' ? String(value) : value;
  }
  // A union or interface: which type it has is in `__typename`, which is checked when the value is shown.
  return value;
}

/** Whether a JSON value is one of the scalar: a `bigint` is an integer beyond 2^53. A project's own scalars accept all JSON. */
function isScalarValue(scalar: string, value: unknown): boolean {
  switch (scalar) {
    case 'Int':
      // 32 bits, as the GraphQL specification defines it.
      return typeof value === 'number' && Number.isInteger(value) && value === (value | 0);
    case 'Float':
      return typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value));
    case 'Boolean':
      return typeof value === 'boolean';
    case 'ID':
      return typeof value === 'string' || typeof value === 'bigint' || Number.isSafeInteger(value);
    case 'String':
      return typeof value === 'string';
    default:
      return !holdsInfinity(value);
  }
}

/** A number that JSON has no notation for, and would write as null: `1e400` in a variable. */
function holdsInfinity(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsInfinity);
}
