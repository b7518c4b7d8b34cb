import { type GraphQLField, type GraphQLObjectType, type GraphQLSchema, isNonNullType } from 'graphql';
import type { Bindings, PublishBinding, Rule, SubscribeBinding, ViewBinding } from './bindings.js';
import { argsShape } from './cel/args-shape.js';
import type { Shape } from './cel/cel-types.js';
import { Expressions, ruleOf, WANTED } from './cel/expression.js';
import { type DirectiveUse, directiveUses } from './directives/directive-use.js';
import type { SchemaSource } from './directives/directives.js';
import { buildSchema } from './directives/document.js';
import { bindEventRules } from './directives/event-rules.js';
import { type Mistake, Mistakes } from './directives/mistake.js';
import { publishBinding } from './directives/publish-fields.js';
import { implementScalars } from './directives/scalars.js';
import { subscribeBinding } from './directives/subscribe-fields.js';
import { type TopicUse, topicsOf } from './directives/topics.js';
import { checkSnapshot, type KnownView, stateShape, viewBinding } from './directives/view-fields.js';
import { attachResolvers, checkResolvers } from './runtime/executable.js';
import type { ResolverMap } from './runtime/resolvers.js';

export { directivesSource, type SchemaSource } from './directives/directives.js';
export { formatMistake, type Mistake } from './directives/mistake.js';

export type BindResult =
  | { readonly ok: true; readonly bindings: Bindings }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

/**
 * Checks a schema and binds its directives. The sources need not hold `directives.graphql`: it is always
 * part of the schema. All mistakes are answered at once; only files that are not GraphQL hide others.
 */
export function bindSchema(input: {
  readonly sources: readonly SchemaSource[];
  readonly resolvers?: ResolverMap | undefined;
  readonly views?: readonly KnownView[] | undefined;
  /** The files `events/<Type>.json`. */
  readonly eventRules?: readonly SchemaSource[] | undefined;
}): BindResult {
  const mistakes = new Mistakes();
  const schema = buildSchema(input.sources, mistakes);
  if (schema) bindEventRules(schema, input.eventRules ?? [], mistakes);
  const bindings = schema && bind(schema, input.resolvers ?? {}, input.views ?? [], mistakes);
  if (!bindings || mistakes.any) return { ok: false, mistakes: mistakes.list() };
  return { ok: true, bindings };
}

function bind(
  schema: GraphQLSchema,
  resolvers: ResolverMap,
  views: readonly KnownView[],
  mistakes: Mistakes,
): Bindings {
  implementScalars(schema);
  checkResolvers(schema, resolvers, mistakes);
  const uses = directiveUses(schema, mistakes);
  const context = { schema, resolvers, views, mistakes };
  const queryName = schema.getQueryType()?.name;
  const subscriptionName = schema.getSubscriptionType()?.name;
  const mutationName = schema.getMutationType()?.name;

  const rules = new Map<string, Rule>();
  for (const [place, use] of uses.auth) {
    // A subscription's rule reads its events: it is compiled with the field.
    const isSubscription = place === `${subscriptionName}.${use.field.name}`;
    const view = place === `${queryName}.${use.field.name}` ? uses.view.get(place) : undefined;
    const state = view && stateShape(view, resolvers);
    const rule = isSubscription ? undefined : ruleOn(use, state, mistakes);
    if (rule) rules.set(place, rule);
  }
  checkAnswered(schema, resolvers, mistakes);
  const queries = new Map<string, ViewBinding>();
  const snapshots = new Map<string, ViewBinding>();
  for (const [place, use] of uses.view) {
    const view = viewBinding(use, context);
    const isQuery = place === `${queryName}.${use.field.name}`;
    if (view) (isQuery ? queries : snapshots).set(use.field.name, view);
  }
  const topicUses: TopicUse[] = [];
  const publishes = new Map<string, PublishBinding>();
  for (const [name, given] of uses.publish) {
    const bound = publishBinding(given, rules.get(`${mutationName}.${name}`), context);
    if (bound.binding) publishes.set(name, bound.binding);
    topicUses.push(...bound.topicUses);
  }
  const subscribes = new Map<string, SubscribeBinding>();
  for (const [name, use] of uses.subscribe) {
    const auth = uses.auth.get(`${subscriptionName}.${name}`);
    const { binding, topicUse } = subscribeBinding(use, auth, snapshots.get(name), context);
    if (binding) subscribes.set(name, binding);
    const snapshot = uses.view.get(`${subscriptionName}.${name}`);
    if (snapshot && topicUse) checkSnapshot(snapshot, topicUse.topic, context);
    if (topicUse) topicUses.push(topicUse);
  }
  const topics = topicsOf(topicUses, subscribes.values(), mistakes);
  attachResolvers(schema, { resolvers, publishes, views: queries, rules });
  return { schema, topics, publishes, subscribes };
}

/** What nothing answers only ever fails: a mutation, and a query that may not be null. */
function checkAnswered(schema: GraphQLSchema, resolvers: ResolverMap, mistakes: Mistakes): void {
  const check = (
    directive: string,
    type: GraphQLObjectType | null | undefined,
    may: (one: Field) => boolean,
  ) => {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const owner = `${type?.name}.${field.name}`;
      const directives = field.astNode?.directives ?? [];
      if (may(field) || directives.some(({ name }) => name.value === directive)) continue;
      if (Object.hasOwn(resolvers[type?.name ?? ''] ?? {}, field.name)) continue;
      const expected = `@${directive}, or a resolver for ${owner}`;
      mistakes.at(field.astNode, `${owner} without @${directive}`, expected);
    }
  };
  check('publish', schema.getMutationType(), () => false);
  check('view', schema.getQueryType(), ({ type }) => !isNonNullType(type));
}

type Field = GraphQLField<unknown, unknown>;

function ruleOn(use: DirectiveUse, event: Shape | undefined, mistakes: Mistakes): Rule | undefined {
  const text = use.text('rule');
  const compiled = text && new Expressions(argsShape(use.field), event, mistakes).compile(text, WANTED.BOOL);
  return compiled && ruleOf(compiled);
}
