import {
  GraphQLNonNull,
  type GraphQLObjectType,
  type GraphQLType,
  getNamedType,
  getNullableType,
  isNonNullType,
} from 'graphql';
import type { Shape } from '../cel/shape.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import { dataShape } from './data-shape.js';

/**
 * The fields of all types. Where they disagree on a type, apart from nullability, it is unknown. A field is non-null
 * only if every type of event has it, and non-null: an event of another type does not.
 * @param others the types of tombstones and of a view's state, which are usually not those of events
 */
export function mergedShape(
  types: readonly GraphQLObjectType[],
  others: readonly (string | undefined)[],
  resolvers: ResolverMap,
): Shape {
  const ofEvents = types.filter(({ name }) => !others.includes(name));
  const required = (ofEvents.length > 0 ? ofEvents : types).map((type) => dataShape(type, resolvers));
  const shapes = types.map((type) => dataShape(type, resolvers));
  const merged = new Map<string, GraphQLType | undefined>();
  for (const name of new Set(shapes.flatMap((shape) => [...shape.keys()]))) {
    const [known, ...same] = shapes.flatMap((shape) => shape.get(name) ?? []);
    const agrees = same.every((type) => isSameType(type, known));
    const isEverywhere = required.every((shape) => isNonNullType(shape.get(name)));
    const type = known && agrees ? getNullableType(known) : undefined;
    merged.set(name, type && isEverywhere ? new GraphQLNonNull(type) : type);
  }
  return merged;
}

/** Apart from nullability. Fields with `@epoch` have types of their own under the name of another. */
function isSameType(a: GraphQLType, b: GraphQLType | undefined): boolean {
  return (
    withoutNullability(a) === withoutNullability(b) && b !== undefined && getNamedType(a) === getNamedType(b)
  );
}

function withoutNullability(type: GraphQLType | undefined): string {
  return String(type).replaceAll('!', '');
}
