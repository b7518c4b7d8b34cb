import type { GraphQLField, GraphQLType } from 'graphql';

/**
 * The names that a CEL variable has and their GraphQL types: a field's arguments for `args`, an event's
 * fields for `event`. `undefined`: the type is unknown, because several event types disagree on it.
 */
export type Shape = ReadonlyMap<string, GraphQLType | undefined>;

/** The fields of an object type or an input object type. */
export function shapeOf(type: {
  getFields(): Readonly<Record<string, { readonly name: string; readonly type: GraphQLType }>>;
}): Shape {
  return new Map(Object.values(type.getFields()).map((field) => [field.name, field.type]));
}

/** The shape of `args` in the expressions of a field. */
export function argsShape(field: GraphQLField<unknown, unknown>): Shape {
  return new Map(field.args.map((argument) => [argument.name, argument.type]));
}
