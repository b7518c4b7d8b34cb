import { type GraphQLObjectType, isNonNullType } from 'graphql';
import type { TombstoneBinding } from '../bindings.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import { dataShape } from '../event-types/data-shape.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import type { AppliedDirective } from './applied-directives.js';

/**
 * Binds `@subscribe(tombstone:)`. A tombstone has nothing but a key, so its type needs one `ID!` field for
 * it, and no other field may be non-null. `undefined`: a diagnostic was added.
 */
export function tombstoneBinding(
  directive: AppliedDirective,
  types: readonly GraphQLObjectType[],
  resolvers: ResolverMap,
  diagnostics: Diagnostics,
): TombstoneBinding | undefined {
  const nullable = !isNonNullType(directive.field.type);
  const name = directive.values['tombstone'];
  if (typeof name !== 'string') return { declared: undefined, nullable };
  const node = directive.stringNode('tombstone') ?? directive.node;
  const type = types.find((candidate) => candidate.name === name);
  if (type === undefined) {
    const hint = `Use a type of the field: ${nameList(types.map((candidate) => candidate.name))}.`;
    diagnostics.at(node, `${directive.field.name} cannot have the type ${JSON.stringify(name)}.`, hint);
    return undefined;
  }
  const fields = [...dataShape(type, resolvers)];
  const idFields = fields.filter(([, fieldType]) => String(fieldType) === 'ID!').map(([field]) => field);
  const [idField, ...others] = idFields;
  if (idField === undefined || others.length > 0) {
    const count = idFields.length === 0 ? 'no field' : `several fields (${nameList(idFields)})`;
    const hint = 'It needs exactly one, for the key.';
    diagnostics.at(node, `The tombstone type ${name} has ${count} of type ID!.`, hint);
    return undefined;
  }
  const required = fields.filter(([field, fieldType]) => field !== idField && isNonNullType(fieldType));
  if (required.length > 0) {
    const list = required.map(([field, fieldType]) => `${field}: ${fieldType}`).join(', ');
    const hint = `Make them nullable: a tombstone has only a key, which ${idField} shows.`;
    diagnostics.at(node, `The tombstone type ${name} has other non-null fields: ${list}.`, hint);
    return undefined;
  }
  return { declared: { type: name, idField }, nullable };
}
