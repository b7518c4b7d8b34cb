import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isInterfaceType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { own } from '../../core/own.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import type { ResolverMap } from '../runtime/resolvers.js';

/** Reports resolvers for types and fields that the schema does not have. */
export function checkResolvers(
  schema: GraphQLSchema,
  resolvers: ResolverMap,
  diagnostics: Diagnostics,
): void {
  for (const [typeName, fieldResolvers] of Object.entries(resolvers)) {
    const type = schema.getType(typeName);
    if (!isObjectType(type) && !isInterfaceType(type)) {
      const problem = `There are resolvers for ${typeName}, which is not a type with fields.`;
      diagnostics.at(undefined, problem, 'Use the name of an object type of the schema.');
      continue;
    }
    const fields = type.getFields();
    for (const name of Object.keys(fieldResolvers)) {
      if (Object.hasOwn(fields, name)) continue;
      const problem = `There is a resolver for ${typeName}.${name}, which is not in the schema.`;
      diagnostics.at(undefined, problem, `Fields of ${typeName}: ${nameList(Object.keys(fields))}.`);
    }
  }
}

/**
 * Reports fields that could only ever fail: those of Mutation without a `@publish` or a resolver, and
 * non-null ones of Query without a `@view` or a resolver.
 */
export function checkUnresolvedFields(
  schema: GraphQLSchema,
  resolvers: ResolverMap,
  diagnostics: Diagnostics,
): void {
  const unresolved = (type: GraphQLObjectType | null | undefined, directive: string): Field[] =>
    Object.values(type?.getFields() ?? {}).filter(
      ({ name, astNode }) =>
        !astNode?.directives?.some((applied) => applied.name.value === directive) &&
        !Object.hasOwn(own(resolvers, type?.name ?? '') ?? {}, name),
    );
  const mutation = schema.getMutationType();
  for (const field of unresolved(mutation, 'publish'))
    diagnostics.at(
      field.astNode,
      `${mutation?.name}.${field.name} has neither @publish nor a resolver.`,
      'Add one of them.',
    );
  const query = schema.getQueryType();
  for (const field of unresolved(query, 'view')) {
    if (!isNonNullType(field.type)) continue;
    diagnostics.at(
      field.astNode,
      `${query?.name}.${field.name} is non-null, but has neither @view nor a resolver.`,
      'Add one of them, or make the field nullable.',
    );
  }
}

type Field = GraphQLField<unknown, unknown>;
