import type { GraphQLType } from 'graphql';
import { type GraphQLObjectType, type GraphQLSchema, isAbstractType, isObjectType } from 'graphql';

/** The object type of this name; root operation types are not event types. */
export function eventTypeNamed(name: string, schema: GraphQLSchema): GraphQLObjectType | undefined {
  const type = schema.getType(name);
  const roots: unknown[] = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return isObjectType(type) && !roots.includes(type) ? type : undefined;
}

/** The object types that a value of `type` can have. None for leaf types and lists. */
export function possibleTypes(type: GraphQLType, schema: GraphQLSchema): readonly GraphQLObjectType[] {
  if (isObjectType(type)) return [type];
  return isAbstractType(type) ? schema.getPossibleTypes(type) : [];
}
