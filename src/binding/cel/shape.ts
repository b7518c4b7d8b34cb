import type { GraphQLField } from 'graphql';
import type { Shape } from './cel-types.js';

/** What `args` is in the expressions of a field. */
export function argsShape(field: GraphQLField<unknown, unknown>): Shape {
  return new Map(field.args.map((argument) => [argument.name, argument.type]));
}
