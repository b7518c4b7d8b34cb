import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { MillraceError } from '../../core/errors.js';
import type { Published } from '../../core/published.js';
import type { AuthRule, PublishBinding, ViewBinding } from '../bindings.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import type { GatewayContext } from './context.js';
import { readView } from './read-view.js';
import { fieldResolver } from './resolver-call.js';
import type { ResolverMap } from './resolvers.js';

type Resolver = GraphQLFieldResolver<unknown, GatewayContext>;

/** Finds resolvers that no field of the schema has. */
export function checkResolvers(
  schema: GraphQLSchema,
  resolvers: ResolverMap,
  diagnostics: Diagnostics,
): void {
  for (const [typeName, fields] of Object.entries(resolvers)) {
    const type = schema.getType(typeName);
    if (!isObjectType(type) && !isInterfaceType(type)) {
      diagnostics.at(undefined, `resolvers for ${typeName}`, 'an object type of the schema');
      continue;
    }
    const known = type.getFields();
    for (const name of Object.keys(fields)) {
      if (!Object.hasOwn(known, name))
        diagnostics.at(
          undefined,
          `a resolver for ${typeName}.${name}`,
          `a field of ${typeName}: ${nameList(Object.keys(known))}`,
        );
    }
  }
}

/** What the project and its directives say that fields answer. */
export interface Answers {
  readonly resolvers: ResolverMap;
  /** By the name of the field of Mutation. */
  readonly publishes: ReadonlyMap<string, PublishBinding>;
  /** By the name of the field of Query. */
  readonly views: ReadonlyMap<string, ViewBinding>;
  /** By `Type.field`. */
  readonly rules: ReadonlyMap<string, AuthRule>;
}

/**
 * Gives the schema's fields their resolvers: the project's own, or else those of `@publish`. Rules of
 * queries and mutations are enforced around both; those of subscriptions where events are delivered.
 */
export function attachResolvers(
  schema: GraphQLSchema,
  { resolvers, publishes, views, rules }: Answers,
): void {
  const mutation = schema.getMutationType();
  const subscription = schema.getSubscriptionType();
  const query = schema.getQueryType();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const own = resolvers[type.name];
      const given = own && Object.hasOwn(own, field.name) ? own[field.name] : undefined;
      const publish = type === mutation ? publishes.get(field.name) : undefined;
      const place = `${type.name}.${field.name}`;
      const rule = type === subscription ? undefined : rules.get(place);
      const view = type === query ? views.get(field.name) : undefined;
      const answers =
        (given && fieldResolver(given, schema, resolvers)) ??
        (publish && publishing(publish)) ??
        (view && viewing(view, place, rule));
      const resolve = answers && type === mutation ? once(answers) : answers;
      // A rule that reads a view's state holds once that is read.
      if (type.name === 'Published' && field.name === 'cursor') field.resolve = cursorOf;
      if (rule && !rule.readsEvent) field.resolve = guarded(rule, place, resolve ?? defaultFieldResolver);
      else if (resolve) field.resolve = resolve;
    }
  }
}

const cursorOf: Resolver = (source, _args, context) => {
  if (context.cursorOf === undefined) throw new Error('Only mutations have cursors of what they published');
  // The source of `Published` is what `publish` answered, or that as JSON has it.
  return context.cursorOf(source as Published);
};

function viewing(view: ViewBinding, field: string, rule: AuthRule | undefined): Resolver {
  return (_source, args: Readonly<Record<string, unknown>>, context) =>
    readView(view, field, rule, args, context);
}

/** D1: each field of Mutation runs once for an idempotency key, whoever answers it. */
function once(resolve: Resolver): Resolver {
  return (source, args: Readonly<Record<string, unknown>>, context, info) =>
    context.mutate({ field: info.fieldName, args }, (own) => resolve(source, args, own, info));
}

function publishing({ events, outcome }: PublishBinding): Resolver {
  return (_source, args: Readonly<Record<string, unknown>>, context) => {
    const scope = { args, claims: context.identity.claims };
    const drafts = events.map(({ topic, type, key, data }) => ({
      topic,
      type,
      key: key(scope),
      data: data(scope),
    }));
    if (outcome !== undefined) {
      const { topic, types, within, key, follow } = outcome;
      return context.outcome(drafts, {
        topic,
        types,
        within,
        key: key?.(scope),
        follow: follow && { field: follow.field, args: follow.args(scope) },
      });
    }
    const [only, ...more] = drafts;
    return only !== undefined && more.length === 0 ? context.publish(only) : context.publish(drafts);
  };
}

function guarded(rule: AuthRule, field: string, resolve: Resolver): Resolver {
  return (source, args: Readonly<Record<string, unknown>>, context, info) => {
    const { claims } = context.identity;
    if (!rule.allows({ args, claims })) {
      if (Object.keys(claims).length === 0)
        throw new MillraceError('UNAUTHENTICATED', `${field} needs credentials`);
      throw new MillraceError('FORBIDDEN', `The rule of ${field} does not allow it with these claims`);
    }
    return resolve(source, args, context, info);
  };
}
