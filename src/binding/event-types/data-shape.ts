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
import { own } from '../../core/own.js';
import { type Shape, shapeOf } from '../cel/shape.js';
import type { ResolverMap } from '../runtime/resolvers.js';

/** The fields of an event type that are stored in its data: those without a resolver. */
export function dataShape(type: GraphQLObjectType, resolvers: ResolverMap): Shape {
  const resolved = own(resolvers, type.name) ?? {};
  const fields = Object.values(type.getFields()).filter((field) => !Object.hasOwn(resolved, field.name));
  return new Map(fields.map((field) => [field.name, field.type]));
}

/**
 * Why data of the shape `source` cannot become data of the shape `target`: a phrase for each field that is
 * missing or has an incompatible type. Fields of unknown type are not compared; they are coerced at run time
 * anyway.
 */
export function shapeMismatches(target: Shape, source: Shape, resolvers: ResolverMap): readonly string[] {
  const mismatches: string[] = [];
  for (const [name, targetType] of target) {
    if (targetType === undefined) continue;
    if (!source.has(name)) {
      if (isNonNullType(targetType)) mismatches.push(`${name}: ${targetType} is missing`);
      continue;
    }
    const sourceType = source.get(name);
    if (sourceType !== undefined && !isAssignable(targetType, sourceType, resolvers))
      mismatches.push(`${name} has type ${sourceType} instead of ${targetType}`);
  }
  return mismatches;
}

/** Whether every value of the input type `source` is a value of the output type `target`. */
function isAssignable(target: GraphQLType, source: GraphQLType, resolvers: ResolverMap): boolean {
  if (isNonNullType(target))
    return isNonNullType(source) && isAssignable(target.ofType, source.ofType, resolvers);
  if (isNonNullType(source)) return isAssignable(target, source.ofType, resolvers);
  if (isListType(target)) return isListType(source) && isAssignable(target.ofType, source.ofType, resolvers);
  if (isObjectType(target)) {
    if (!isInputObjectType(source)) return false;
    return shapeMismatches(dataShape(target, resolvers), shapeOf(source), resolvers).length === 0;
  }
  if (!isLeafType(target) || !isLeafType(source)) return false;
  if (target.name === source.name) return true;
  if (target.name === 'Float' && source.name === 'Int') return true;
  // Every leaf type that is a string in JSON is assignable to String and ID.
  const isString = isEnumType(source) || ['String', 'ID', 'DateTime', 'Cursor'].includes(source.name);
  return ['String', 'ID'].includes(target.name) && isString;
}
