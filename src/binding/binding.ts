import { type GraphQLField, type GraphQLObjectType, type GraphQLSchema, isNonNullType } from 'graphql';
import type { AuthRule, Bindings, PublishBinding, SubscribeBinding, ViewBinding } from './bindings.js';
import type { Shape } from './cel/cel-types.js';
import { authRule, ExpressionCompiler, RESULT_TYPES } from './cel/compiler.js';
import { argsShape } from './cel/shape.js';
import { type Diagnostic, Diagnostics } from './diagnostic.js';
import { type AppliedDirective, appliedDirectives } from './directives/applied-directives.js';
import { publishBinding } from './directives/publish-fields.js';
import { subscribeBinding } from './directives/subscribe-fields.js';
import { type TopicUse, topicsOf } from './directives/topics.js';
import { checkSnapshot, stateShape, type ViewDeclaration, viewBinding } from './directives/view-fields.js';
import { bindEventSchemas } from './event-types/json-schema.js';
import { attachResolvers, checkResolvers } from './runtime/executable.js';
import type { ResolverMap } from './runtime/resolvers.js';
import { buildSchema } from './sdl/build-schema.js';
import { implementScalars } from './sdl/scalars.js';
import type { SchemaSource } from './sdl/schema-source.js';

export { type Diagnostic, formatDiagnostic } from './diagnostic.js';
export { directivesSource, type SchemaSource } from './sdl/schema-source.js';

export type BindResult =
  | { readonly ok: true; readonly bindings: Bindings }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Checks a schema and binds its directives. The sources need not hold `directives.graphql`: it is always
 * part of the schema. All diagnostics are answered at once; only files that are not GraphQL hide others.
 */
export function bindSchema(input: {
  readonly sources: readonly SchemaSource[];
  readonly resolvers?: ResolverMap | undefined;
  readonly views?: readonly ViewDeclaration[] | undefined;
  /** The files `events/<Type>.json`. */
  readonly eventSchemas?: readonly SchemaSource[] | undefined;
}): BindResult {
  const diagnostics = new Diagnostics();
  const schema = buildSchema(input.sources, diagnostics);
  if (schema) bindEventSchemas(schema, input.eventSchemas ?? [], diagnostics);
  const bindings = schema && bind(schema, input.resolvers ?? {}, input.views ?? [], diagnostics);
  if (!bindings || diagnostics.any) return { ok: false, diagnostics: diagnostics.list() };
  return { ok: true, bindings };
}

function bind(
  schema: GraphQLSchema,
  resolvers: ResolverMap,
  views: readonly ViewDeclaration[],
  diagnostics: Diagnostics,
): Bindings {
  implementScalars(schema);
  checkResolvers(schema, resolvers, diagnostics);
  const uses = appliedDirectives(schema, diagnostics);
  const context = { schema, resolvers, views, diagnostics };
  const queryName = schema.getQueryType()?.name;
  const subscriptionName = schema.getSubscriptionType()?.name;
  const mutationName = schema.getMutationType()?.name;

  const rules = new Map<string, AuthRule>();
  for (const [place, use] of uses.auth) {
    // A subscription's rule reads its events: it is compiled with the field.
    const isSubscription = place === `${subscriptionName}.${use.field.name}`;
    const view = place === `${queryName}.${use.field.name}` ? uses.view.get(place) : undefined;
    const state = view && stateShape(view, resolvers);
    const rule = isSubscription ? undefined : ruleOn(use, state, diagnostics);
    if (rule) rules.set(place, rule);
  }
  checkAnswered(schema, resolvers, diagnostics);
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
  const topics = topicsOf(topicUses, subscribes.values(), diagnostics);
  attachResolvers(schema, { resolvers, publishes, views: queries, rules });
  return { schema, topics, publishes, subscribes };
}

/** What nothing answers only ever fails: a mutation, and a query that may not be null. */
function checkAnswered(schema: GraphQLSchema, resolvers: ResolverMap, diagnostics: Diagnostics): void {
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
      diagnostics.at(field.astNode, `${owner} without @${directive}`, expected);
    }
  };
  check('publish', schema.getMutationType(), () => false);
  check('view', schema.getQueryType(), ({ type }) => !isNonNullType(type));
}

type Field = GraphQLField<unknown, unknown>;

function ruleOn(
  use: AppliedDirective,
  event: Shape | undefined,
  diagnostics: Diagnostics,
): AuthRule | undefined {
  const text = use.text('rule');
  const compiled =
    text && new ExpressionCompiler(argsShape(use.field), event, diagnostics).compile(text, RESULT_TYPES.BOOL);
  return compiled && authRule(compiled);
}
