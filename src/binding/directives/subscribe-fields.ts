import {
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
  getNullableType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import type { AuthRule, OnSlow, SubscribeBinding, TombstoneBinding, ViewBinding } from '../bindings.js';
import type { Shape } from '../cel/cel-types.js';
import {
  authRule,
  type CompiledExpression,
  ExpressionCompiler,
  filterExpression,
  keyExpression,
  RESULT_TYPES,
} from '../cel/compiler.js';
import { equalitiesOf } from '../cel/equalities.js';
import { joinReads, type Reads } from '../cel/reads.js';
import type { Diagnostics } from '../diagnostic.js';
import { dataShape } from '../event-types/event-data.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import { IMPLICIT_ARGS } from '../sdl/build-schema.js';
import type { AppliedDirective } from './applied-directives.js';
import { tombstoneBinding } from './tombstone.js';
import { type TopicUse, topicOf } from './topics.js';

/** Reads `@subscribe` and the field's `@auth`. What cannot be bound has been added to the diagnostics. */
export function subscribeBinding(
  use: AppliedDirective,
  auth: AppliedDirective | undefined,
  view: ViewBinding | undefined,
  {
    schema,
    resolvers,
    diagnostics,
  }: { schema: GraphQLSchema; resolvers: ResolverMap; diagnostics: Diagnostics },
): { binding: SubscribeBinding | undefined; topicUse: TopicUse | undefined } {
  const { field } = use;
  const topic = topicOf(use, diagnostics);
  const types = eventTypes(getNullableType(field.type), schema);
  if (types.length === 0)
    diagnostics.at(
      field.astNode?.type ?? use.node,
      `type ${field.type}`,
      'the type of an event: an object type, or a union or interface of some',
    );
  const tombstone = tombstoneBinding(use, types, resolvers, diagnostics);
  const topicUse: TopicUse | undefined =
    topic && types.length > 0
      ? { directive: use, kind: 'subscribe', topic, types: typesOfRecords(use, types, tombstone) }
      : undefined;

  const args: Shape = new Map(
    field.args.filter(({ name }) => !Object.hasOwn(IMPLICIT_ARGS, name)).map((arg) => [arg.name, arg.type]),
  );
  const onArgs = new ExpressionCompiler(args, undefined, diagnostics);
  // Without event types nothing is known of `event`: its names would be diagnostics that follow from the first.
  const event = mergedShape(types, resolvers);
  const onEvent = types.length > 0 ? new ExpressionCompiler(args, event, diagnostics) : undefined;
  const [keyText, filterText, ruleText] = [use.text('key'), use.text('filter'), auth?.text('rule')];
  const key = keyText && onArgs.compile(keyText, RESULT_TYPES.KEY);
  const filter = filterText && onEvent?.compile(filterText, RESULT_TYPES.BOOL);
  const compiledRule = ruleText && onEvent?.compile(ruleText, RESULT_TYPES.BOOL);
  // An expression that is written but not understood is never taken for one that is absent.
  if (!topicUse || !tombstone || (keyText && !key) || (filterText && !filter) || (auth && !compiledRule))
    return { binding: undefined, topicUse };
  const rule: AuthRule | undefined = compiledRule && authRule(compiledRule);
  return {
    binding: {
      field: field.name,
      topic: topicUse.topic,
      types: new Set(types.map((type) => type.name)),
      key: key && keyExpression(key),
      filter: filter && filterExpression(filter),
      equalities: filter && onEvent ? equalitiesOf(filter, event, onEvent) : [],
      filterReads: { args: readsOf('args', [filter]), claims: readsOf('claims', [filter]) },
      rule,
      tombstone,
      view,
      // A value of `enum OnSlow`, or its default: graphql-js has checked it.
      onSlow: use.values['onSlow'] as OnSlow,
      claims: readsOf('claims', [key, filter, compiledRule]),
    },
    topicUse,
  };
}

function eventTypes(type: GraphQLType, schema: GraphQLSchema): readonly GraphQLObjectType[] {
  if (isObjectType(type)) return [type];
  return isAbstractType(type) ? schema.getPossibleTypes(type) : [];
}

/** Plain JSON does not say its type, so it has only one: the one that stands for a tombstone is no record's. */
function typesOfRecords(
  use: AppliedDirective,
  types: readonly GraphQLObjectType[],
  tombstone: TombstoneBinding | undefined,
): readonly GraphQLObjectType[] {
  if (use.values['format'] !== 'JSON' || types.length === 1) return types;
  return types.filter(({ name }) => name !== tombstone?.declared?.type);
}

/** The fields of all types together; a field whose types differ is of no one type. */
function mergedShape(types: readonly GraphQLObjectType[], resolvers: ResolverMap): Shape {
  const merged = new Map<string, GraphQLType | undefined>();
  for (const type of types) {
    for (const [name, fieldType] of dataShape(type, resolvers)) {
      const known = merged.get(name);
      const same = !merged.has(name) || bare(known) === bare(fieldType);
      merged.set(name, same ? fieldType : undefined);
    }
  }
  return merged;
}

/** A type without what it says of null. */
function bare(type: GraphQLType | undefined): string {
  return String(type).replaceAll('!', '');
}

function readsOf(variable: 'args' | 'claims', all: readonly (CompiledExpression | undefined)[]): Reads {
  const none: Reads = new Set();
  return all.reduce((reads: Reads, one) => joinReads(reads, one?.reads.get(variable) ?? none), none);
}
