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
import { builtInScalar } from '../sdl/scalars.js';

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
 * @param compared the result for each pair of types, as `target source`; `true` while it is compared, because types may
 *   contain themselves
 */
export function shapeMismatches(
  target: Shape,
  source: Shape,
  resolvers: ResolverMap,
  compared: Map<string, boolean> = new Map(),
): readonly string[] {
  const mismatches: string[] = [];
  for (const [name, targetType] of target) {
    if (targetType === undefined) continue;
    if (!source.has(name)) {
      if (isNonNullType(targetType)) mismatches.push(`${name}: ${targetType} is missing`);
      continue;
    }
    const sourceType = source.get(name);
    if (sourceType !== undefined && !isAssignable(targetType, sourceType, resolvers, compared))
      mismatches.push(`${name} has type ${sourceType} instead of ${targetType}`);
  }
  return mismatches;
}

/** Whether every value of the input type `source` is a value of the output type `target`. */
function isAssignable(
  target: GraphQLType,
  source: GraphQLType,
  resolvers: ResolverMap,
  compared: Map<string, boolean>,
): boolean {
  const assignable = (to: GraphQLType, from: GraphQLType) => isAssignable(to, from, resolvers, compared);
  if (isNonNullType(target)) return isNonNullType(source) && assignable(target.ofType, source.ofType);
  if (isNonNullType(source)) return assignable(target, source.ofType);
  if (isListType(target)) return isListType(source) && assignable(target.ofType, source.ofType);
  if (isObjectType(target)) {
    if (!isInputObjectType(source)) return false;
    const pair = `${target.name} ${source.name}`;
    const known = compared.get(pair);
    if (known !== undefined) return known;
    compared.set(pair, true);
    const [to, from] = [dataShape(target, resolvers), shapeOf(source)];
    const fits = shapeMismatches(to, from, resolvers, compared).length === 0;
    compared.set(pair, fits);
    return fits;
  }
  if (!isLeafType(target)) return false;
  const scalar = builtInScalar(target);
  // Any JSON.
  if (scalar?.json === 'json') return true;
  if (!isLeafType(source)) return false;
  if (target.name === source.name) return true;
  if (WIDER.get(source.name)?.includes(target.name)) return scalar !== undefined || target.name === 'Float';
  // Every leaf type that is a string in JSON is assignable to String and ID.
  const isString =
    isEnumType(source) ||
    source.name === 'String' ||
    source.name === 'ID' ||
    builtInScalar(source)?.json === 'text';
  return ['String', 'ID'].includes(target.name) && isString;
}

/** Which numbers hold all values of a type. */
const WIDER: ReadonlyMap<string, readonly string[]> = new Map([
  ['Int', ['Float', 'Long', 'BigInt', 'Decimal']],
  ['Long', ['BigInt', 'Decimal']],
  ['BigInt', ['Decimal']],
]);
