import { type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import { own } from '../../core/own.js';
import type { Published } from '../../core/published.js';
import type { AuthRule, EventBinding, PublishBinding, SimpleMutation, ViewBinding } from '../bindings.js';
import type { GatewayContext } from './context.js';
import { dataField } from './data-field.js';
import { enforceRule } from './enforce-rule.js';
import { readView } from './read-view.js';
import { fieldResolver } from './resolver-call.js';
import type { ResolverMap } from './resolvers.js';

type FieldResolver = GraphQLFieldResolver<unknown, GatewayContext>;
type Args = Readonly<Record<string, unknown>>;

/** What resolves the fields of a schema. */
interface FieldBindings {
  readonly resolvers: ResolverMap;
  /** By field of Mutation. */
  readonly publishes: ReadonlyMap<string, PublishBinding>;
  /** By field of Query. */
  readonly views: ReadonlyMap<string, ViewBinding>;
  /** Of Query and Mutation fields, by schema coordinate. */
  readonly rules: ReadonlyMap<string, AuthRule>;
}

/**
 * Makes a schema executable. A field resolves with the project's resolver, or else its `@publish` or `@view`.
 * From the inside out: the resolver, idempotency (mutations), the rule of `@auth`. Rules of subscriptions are
 * enforced where events are delivered.
 * @returns the fields of Mutation that publish one event and answer with its position, by name
 */
export function attachResolvers(
  schema: GraphQLSchema,
  { resolvers, publishes, views, rules }: FieldBindings,
): ReadonlyMap<string, SimpleMutation> {
  const simple = new Map<string, SimpleMutation>();
  const mutation = schema.getMutationType();
  const query = schema.getQueryType();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    const fieldResolvers = own(resolvers, type.name) ?? {};
    for (const field of Object.values(type.getFields())) {
      const { name } = field;
      const coordinate = `${type.name}.${name}`;
      const resolver = own(fieldResolvers, name);
      const publish = type === mutation ? publishes.get(name) : undefined;
      const view = type === query ? views.get(name) : undefined;
      const rule = rules.get(coordinate);
      const event = publish && resolver === undefined ? onlyEvent(publish) : undefined;
      if (event !== undefined && rule?.readsEvent !== true) {
        const run = simpleMutation(event, name, coordinate, rule);
        simple.set(name, run);
        field.resolve = (_source, args: Args, context: GatewayContext) => run(args, context);
        continue;
      }
      const inner =
        (resolver && fieldResolver(resolver, schema, resolvers)) ??
        (publish && publishResolver(publish)) ??
        (view && viewResolver(view, coordinate, rule));
      const resolve = inner && type === mutation ? idempotent(inner) : inner;
      if (coordinate === 'Published.cursor') field.resolve = resolveCursor;
      // A rule that reads a view's state is evaluated by `readView`.
      if (rule && !rule.readsEvent) field.resolve = guarded(rule, coordinate, resolve ?? dataField);
      else if (resolve) field.resolve = resolve;
    }
  }
  return simple;
}

/** The event of a field that publishes one, and waits for none. */
function onlyEvent({ events, outcome }: PublishBinding): EventBinding | undefined {
  return outcome === undefined && events.length === 1 ? events[0] : undefined;
}

/** In the same order as for other fields: the rule (S1), idempotency (D1), then the event. */
function simpleMutation(
  { topic, type, key, data }: EventBinding,
  field: string,
  coordinate: string,
  rule: AuthRule | undefined,
): SimpleMutation {
  return (args, context) => {
    const activation = { args, claims: context.identity.claims };
    if (rule !== undefined) enforceRule(rule, coordinate, activation);
    return context.mutate({ field, args }, (own) =>
      own.publish({ topic, type, key: key(activation), data: data(activation) }),
    );
  };
}

const resolveCursor: FieldResolver = (source, _args, context) => {
  if (context.cursorOf === undefined) throw new Error('Only mutations have cursors of their events');
  // The source of a `Published` is what `publish` returned, or its copy from the idempotency store.
  return context.cursorOf(source as Published);
};

function viewResolver(view: ViewBinding, coordinate: string, rule: AuthRule | undefined): FieldResolver {
  return (_source, args: Args, context) => readView(view, coordinate, rule, args, context);
}

/** D1: a field of Mutation runs once per idempotency key, whatever resolves it. */
function idempotent(resolve: FieldResolver): FieldResolver {
  return (source, args: Args, context, info) =>
    context.mutate({ field: info.fieldName, args }, (ownContext) => resolve(source, args, ownContext, info));
}

function publishResolver({ events, outcome }: PublishBinding): FieldResolver {
  return (_source, args: Args, context) => {
    const activation = { args, claims: context.identity.claims };
    const drafts = events.map(({ topic, type, key, data }) => ({
      topic,
      type,
      key: key(activation),
      data: data(activation),
    }));
    if (outcome !== undefined) {
      const { topic, types, within, key, follow } = outcome;
      return context.outcome(drafts, {
        topic,
        types,
        within,
        key: key?.(activation),
        follow: follow && { field: follow.field, args: follow.args(activation) },
      });
    }
    return context.publish(drafts);
  };
}

function guarded(rule: AuthRule, coordinate: string, resolve: FieldResolver): FieldResolver {
  return (source, args: Args, context, info) => {
    enforceRule(rule, coordinate, { args, claims: context.identity.claims });
    return resolve(source, args, context, info);
  };
}
