import type { GraphQLFieldResolver } from 'graphql';
import type { GatewayContext } from './context.js';

/** Resolvers in TypeScript, by type and field: for what the directives do not say. */
export interface ResolverMap {
  readonly [type: string]: { readonly [field: string]: GraphQLFieldResolver<unknown, GatewayContext> };
}
