import type { GraphQLSchema } from 'graphql';
import type { Topic } from '../core/ids.js';
import type { AuthRule, Bindings, PublishBinding, SubscribeBinding, ViewBinding } from './bindings.js';
import { ExpressionCompiler, RESULT_TYPES } from './cel/compiler.js';
import { authRule } from './cel/evaluation.js';
import { argsShape, type Shape } from './cel/shape.js';
import { type Diagnostic, Diagnostics } from './diagnostic.js';
import {
  type AppliedDirective,
  type AppliedDirectives,
  appliedDirectives,
} from './directives/applied-directives.js';
import { publishBinding } from './directives/publish-fields.js';
import { checkResolvers, checkUnresolvedFields } from './directives/resolver-checks.js';
import { subscribeBinding } from './directives/subscribe-fields.js';
import { type TopicDeclaration, topicDeclarations } from './directives/topic-declarations.js';
import { type TopicUse, topicsOf } from './directives/topics.js';
import { checkSnapshot, stateShape, type ViewDeclaration, viewBinding } from './directives/view-fields.js';
import { bindEventSchemas } from './event-types/json-schema.js';
import { attachResolvers } from './runtime/executable.js';
import type { ResolverMap } from './runtime/resolvers.js';
import { buildSchema } from './sdl/build-schema.js';
import { bindEpochFields } from './sdl/epoch-fields.js';
import { implementScalars } from './sdl/scalars.js';
import type { SchemaSource } from './sdl/schema-source.js';

export { type Diagnostic, formatDiagnostic } from './diagnostic.js';
export { directivesSource, type SchemaSource, withDirectives } from './sdl/schema-source.js';

type BindResult =
  | { readonly ok: true; readonly bindings: Bindings }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Checks a schema and binds its directives. `schema/directives.graphql` is always part of the schema and need
 * not be among the sources. One call reports all diagnostics, except that a file with a syntax error hides
 * those that depend on other files.
 */
export function bindSchema(input: {
  readonly sources: readonly SchemaSource[];
  readonly resolvers?: ResolverMap | undefined;
  readonly views?: readonly ViewDeclaration[] | undefined;
  /** The files `events/<Type>.json`: the JSON Schemas of event types. */
  readonly eventSchemas?: readonly SchemaSource[] | undefined;
  /** `true`: the project's code may be missing yet. Types are generated before it is written. */
  readonly mayLackCode?: boolean | undefined;
}): BindResult {
  const diagnostics = new Diagnostics();
  const schema = buildSchema(input.sources, diagnostics);
  if (schema) bindEventSchemas(schema, input.eventSchemas ?? [], diagnostics);
  const { resolvers = {}, views = [], mayLackCode = false } = input;
  const bindings = schema && bind({ schema, resolvers, views, mayLackCode, diagnostics });
  if (!bindings || !diagnostics.isEmpty) return { ok: false, diagnostics: diagnostics.list() };
  return { ok: true, bindings };
}

interface BindContext {
  readonly schema: GraphQLSchema;
  readonly resolvers: ResolverMap;
  readonly views: readonly ViewDeclaration[];
  readonly mayLackCode: boolean;
  readonly declared: ReadonlyMap<Topic, TopicDeclaration>;
  readonly diagnostics: Diagnostics;
}

/** The order of the steps matters: of several diagnostics at one location the first is kept. */
function bind(given: Omit<BindContext, 'declared'>): Bindings {
  const { schema, resolvers, diagnostics } = given;
  const declared = topicDeclarations(schema, diagnostics);
  const context = { ...given, declared };
  implementScalars(schema);
  bindEpochFields(schema, diagnostics);
  checkResolvers(schema, resolvers, diagnostics);
  const directives = appliedDirectives(schema, diagnostics);
  const rules = bindRules(directives, context);
  if (!given.mayLackCode) checkUnresolvedFields(schema, resolvers, diagnostics);
  const { queries, snapshots } = bindViews(directives, context);
  const { publishes, topicUses: published } = bindPublishes(directives, rules, context);
  const { subscribes, topicUses: followed } = bindSubscribes(directives, snapshots, context);
  const topics = topicsOf([...published, ...followed], subscribes.values(), declared, diagnostics);
  const simpleMutations = attachResolvers(schema, { resolvers, publishes, views: queries, rules });
  return { schema, topics, publishes, subscribes, views: queries, simpleMutations };
}

/** By schema coordinate. Rules of Subscription fields are bound with their `@subscribe`. */
function bindRules(directives: AppliedDirectives, context: BindContext): ReadonlyMap<string, AuthRule> {
  const { schema, resolvers, diagnostics } = context;
  const subscription = schema.getSubscriptionType()?.name;
  const query = schema.getQueryType()?.name;
  const rules = new Map<string, AuthRule>();
  for (const [coordinate, directive] of directives.auth) {
    const { name } = directive.field;
    if (coordinate === `${subscription}.${name}`) continue;
    const view = coordinate === `${query}.${name}` ? directives.view.get(coordinate) : undefined;
    const rule = ruleBinding(directive, view && stateShape(view, resolvers), diagnostics);
    if (rule) rules.set(coordinate, rule);
  }
  return rules;
}

function ruleBinding(
  directive: AppliedDirective,
  event: Shape | undefined,
  diagnostics: Diagnostics,
): AuthRule | undefined {
  const node = directive.stringNode('rule');
  const compiler = new ExpressionCompiler(
    { args: argsShape(directive.field), ...(event && { event }) },
    diagnostics,
  );
  const compiled = node && compiler.compile(node, RESULT_TYPES.BOOL);
  return compiled && authRule(compiled);
}

/** By field name. The view of a Subscription field is its snapshot. */
function bindViews(
  directives: AppliedDirectives,
  context: BindContext,
): Record<'queries' | 'snapshots', ReadonlyMap<string, ViewBinding>> {
  const queryName = context.schema.getQueryType()?.name;
  const queries = new Map<string, ViewBinding>();
  const snapshots = new Map<string, ViewBinding>();
  for (const [coordinate, directive] of directives.view) {
    const { name } = directive.field;
    const view = viewBinding(directive, context);
    const isQuery = coordinate === `${queryName}.${name}`;
    if (view) (isQuery ? queries : snapshots).set(name, view);
  }
  return { queries, snapshots };
}

function bindPublishes(
  directives: AppliedDirectives,
  rules: ReadonlyMap<string, AuthRule>,
  context: BindContext,
): { publishes: ReadonlyMap<string, PublishBinding>; topicUses: readonly TopicUse[] } {
  const mutation = context.schema.getMutationType()?.name;
  const topicUses: TopicUse[] = [];
  const publishes = new Map<string, PublishBinding>();
  for (const [name, applied] of directives.publish) {
    const bound = publishBinding(applied, rules.get(`${mutation}.${name}`), context);
    if (bound.binding) publishes.set(name, bound.binding);
    topicUses.push(...bound.topicUses);
  }
  return { publishes, topicUses };
}

function bindSubscribes(
  directives: AppliedDirectives,
  snapshots: ReadonlyMap<string, ViewBinding>,
  context: BindContext,
): { subscribes: ReadonlyMap<string, SubscribeBinding>; topicUses: readonly TopicUse[] } {
  const subscription = context.schema.getSubscriptionType()?.name;
  const topicUses: TopicUse[] = [];
  const subscribes = new Map<string, SubscribeBinding>();
  for (const [name, directive] of directives.subscribe) {
    const coordinate = `${subscription}.${name}`;
    const auth = directives.auth.get(coordinate);
    const { binding, topicUse } = subscribeBinding(directive, auth, snapshots.get(name), context);
    if (binding) subscribes.set(name, binding);
    const view = directives.view.get(coordinate);
    if (view && topicUse) checkSnapshot(view, topicUse.topic, context);
    if (topicUse) topicUses.push(topicUse);
  }
  return { subscribes, topicUses };
}
