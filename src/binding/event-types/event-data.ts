import {
  type GraphQLObjectType,
  type GraphQLType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { MillraceError } from '../../core/errors.js';
import type { Shape } from '../cel/cel-types.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import { isDateTime } from '../sdl/scalars.js';
import { schemaViolations } from './json-schema.js';

/** The fields of an event type that its data has: those that no resolver answers. */
export function dataShape(type: GraphQLObjectType, resolvers: ResolverMap): Shape {
  const resolved = resolvers[type.name] ?? {};
  const fields = Object.values(type.getFields()).filter((field) => !Object.hasOwn(resolved, field.name));
  return new Map(fields.map((field) => [field.name, field.type]));
}

/** Why data of the shape `given` is not of the shape `wanted`: one line for each field. */
export function shapeMismatches(wanted: Shape, given: Shape, resolvers: ResolverMap): readonly string[] {
  const found: string[] = [];
  for (const [name, type] of wanted) {
    if (type === undefined) continue;
    if (!given.has(name)) {
      if (isNonNullType(type)) found.push(`${name}: ${type} is not there`);
      continue;
    }
    const has = given.get(name);
    if (has !== undefined && !fits(type, has, resolvers)) found.push(`${name}: ${has} is not ${type}`);
  }
  return found;
}

/** Whether each value of the type `given` can be a value of `wanted`. */
function fits(wanted: GraphQLType, given: GraphQLType, resolvers: ResolverMap): boolean {
  if (isNonNullType(wanted)) return isNonNullType(given) && fits(wanted.ofType, given.ofType, resolvers);
  if (isNonNullType(given)) return fits(wanted, given.ofType, resolvers);
  if (isListType(wanted)) return isListType(given) && fits(wanted.ofType, given.ofType, resolvers);
  if (isObjectType(wanted)) {
    if (!isInputObjectType(given)) return false;
    const shape = new Map(Object.values(given.getFields()).map((field) => [field.name, field.type]));
    return shapeMismatches(dataShape(wanted, resolvers), shape, resolvers).length === 0;
  }
  if (!isLeafType(wanted) || !isLeafType(given)) return false;
  const pair = `${wanted.name} ${given.name}`;
  if (wanted.name === given.name || pair === 'Float Int') return true;
  const texts = ['String', 'ID'];
  const isText = isEnumType(given) || [...texts, 'DateTime', 'Cursor'].includes(given.name);
  return texts.includes(wanted.name) && isText;
}

/**
 * The data of an event as its type has it: other fields are left out.
 * @throws {MillraceError} EVENT_INVALID, naming each field that is missing, of another type, or against the rules
 */
export function coerceEventData(
  type: GraphQLObjectType,
  data: Readonly<Record<string, unknown>>,
  resolvers: ResolverMap,
): Readonly<Record<string, unknown>> {
  return eventDataCoercer(type, resolvers)(data);
}

/** `coerceEventData` for many events of one type: its shape, and those of the types below it, are made once. */
export function eventDataCoercer(
  type: GraphQLObjectType,
  resolvers: ResolverMap,
): (data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> {
  const shapes = new Map<GraphQLObjectType, Shape>();
  const shapeOf: ShapeOf = (wanted) => {
    const known = shapes.get(wanted) ?? dataShape(wanted, resolvers);
    shapes.set(wanted, known);
    return known;
  };
  return (data) => {
    const problems: string[] = [];
    const conformed = object(type, data, '', shapeOf, problems);
    if (problems.length === 0) problems.push(...schemaViolations(type, conformed));
    if (problems.length > 0)
      throw new MillraceError('EVENT_INVALID', `${type.name}: ${problems.join('; ')}`, {
        details: { problems },
      });
    return conformed;
  };
}

type ShapeOf = (type: GraphQLObjectType) => Shape;

function object(
  type: GraphQLObjectType,
  data: object,
  path: string,
  shapeOf: ShapeOf,
  problems: string[],
): Record<string, unknown> {
  const conformed: Record<string, unknown> = {};
  for (const [name, fieldType] of shapeOf(type)) {
    if (fieldType === undefined) continue;
    const at = path === '' ? name : `${path}.${name}`;
    const given: unknown = Object.hasOwn(data, name) ? Reflect.get(data, name) : undefined;
    const result = value(fieldType, given, at, shapeOf, problems);
    if (result !== undefined) conformed[name] = result;
  }
  return conformed;
}

function value(
  type: GraphQLType,
  given: unknown,
  path: string,
  shapeOf: ShapeOf,
  problems: string[],
): unknown {
  if (isNonNullType(type)) {
    if (given === undefined || given === null) problems.push(`${path} is missing`);
    else return value(type.ofType, given, path, shapeOf, problems);
    return undefined;
  }
  if (given === undefined || given === null) return given;
  if (isListType(type)) {
    if (Array.isArray(given))
      return given.map((item: unknown, index) =>
        value(type.ofType, item, `${path}[${index}]`, shapeOf, problems),
      );
    problems.push(`${path} is not a list`);
    return undefined;
  }
  if (isObjectType(type)) {
    if (typeof given === 'object' && !Array.isArray(given))
      return object(type, given, path, shapeOf, problems);
    problems.push(`${path} is not an object`);
    return undefined;
  }
  if (isLeafType(type)) {
    const isRight = isEnumType(type) ? type.getValue(String(given)) !== undefined : isKind(type.name, given);
    if (!isRight) problems.push(`${path} is not ${type.name}`);
    return type.name === 'ID' ? String(given) : given;
  }
  // A union or interface: what it is, `__typename` in the data says when it is shown.
  return given;
}

function isKind(scalar: string, given: unknown): boolean {
  switch (scalar) {
    case 'Int':
      return typeof given === 'number' && Number.isInteger(given) && given === (given | 0);
    case 'Float':
      return typeof given === 'number' && Number.isFinite(given);
    case 'Boolean':
      return typeof given === 'boolean';
    case 'ID':
      return typeof given === 'string' || Number.isSafeInteger(given);
    case 'String':
    case 'Cursor':
      return typeof given === 'string';
    case 'DateTime':
      return isDateTime(given);
    default:
      return true;
  }
}
