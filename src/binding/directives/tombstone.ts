import { type GraphQLObjectType, isNonNullType } from 'graphql';
import type { TombstoneBinding } from '../bindings.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import { dataShape } from '../event-types/event-data.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import type { AppliedDirective } from './applied-directives.js';

/**
 * What `@subscribe` says of tombstones. All that is known of one is its key, so that the type that shows
 * it has nothing else to be filled. `undefined`: there is a mistake, which was added.
 */
export function tombstoneBinding(
  use: AppliedDirective,
  types: readonly GraphQLObjectType[],
  resolvers: ResolverMap,
  diagnostics: Diagnostics,
): TombstoneBinding | undefined {
  const nullable = !isNonNullType(use.field.type);
  const name = use.values['tombstone'];
  if (typeof name !== 'string') return { declared: undefined, nullable };
  const node = use.text('tombstone') ?? use.node;
  const type = types.find((one) => one.name === name);
  if (type === undefined) {
    const shown = nameList(types.map((one) => one.name));
    diagnostics.at(node, `type ${JSON.stringify(name)}`, `a type that ${use.field.name} can be: ${shown}`);
    return undefined;
  }
  const fields = [...dataShape(type, resolvers)];
  const ids = fields.filter(([, of]) => String(of) === 'ID!').map(([field]) => field);
  const [idField, ...more] = ids;
  if (idField === undefined || more.length > 0) {
    diagnostics.at(
      node,
      `type ${name}, where ${ids.length === 0 ? 'no field is' : `${nameList(ids)} are`} ID!`,
      'a type with one field of type ID!, for the key',
    );
    return undefined;
  }
  const needed = fields.filter(([field, of]) => field !== idField && isNonNullType(of));
  if (needed.length > 0) {
    diagnostics.at(
      node,
      `type ${name}, where ${needed.map(([field, of]) => `${field}: ${of}`).join('; ')} cannot be null`,
      `a type that has nothing but ${idField} to be filled: a tombstone says its key and no more`,
    );
    return undefined;
  }
  return { declared: { type: name, idField }, nullable };
}
