import {
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
  getNullableType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import type { OnSlow, Rule, SubscribeBinding, TombstoneBinding, ViewBinding } from '../bindings.js';
import type { Shape } from '../cel/cel-types.js';
import { equalitiesOf } from '../cel/equalities.js';
import { type Compiled, Expressions, filterOf, keyOf, ruleOf, WANTED } from '../cel/expression.js';
import { joinReads, type Reads } from '../cel/reads.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import type { DirectiveUse } from './directive-use.js';
import { GIVEN_ARGS } from './document.js';
import { dataShape } from './event-data.js';
import type { Mistakes } from './mistake.js';
import { tombstoneOf } from './tombstone.js';
import { type TopicUse, topicOf } from './topics.js';

/** Reads `@subscribe` and the field's `@auth`. What cannot be bound has been added to the mistakes. */
export function subscribeBinding(
  use: DirectiveUse,
  auth: DirectiveUse | undefined,
  view: ViewBinding | undefined,
  { schema, resolvers, mistakes }: { schema: GraphQLSchema; resolvers: ResolverMap; mistakes: Mistakes },
): { binding: SubscribeBinding | undefined; topicUse: TopicUse | undefined } {
  const { field } = use;
  const topic = topicOf(use, mistakes);
  const types = eventTypes(getNullableType(field.type), schema);
  if (types.length === 0)
    mistakes.at(
      field.astNode?.type ?? use.node,
      `type ${field.type}`,
      'the type of an event: an object type, or a union or interface of some',
    );
  const tombstone = tombstoneOf(use, types, resolvers, mistakes);
  const topicUse: TopicUse | undefined =
    topic && types.length > 0
      ? { directive: use, kind: 'subscribe', topic, types: typesOfRecords(use, types, tombstone) }
      : undefined;

  const args: Shape = new Map(
    field.args.filter(({ name }) => !Object.hasOwn(GIVEN_ARGS, name)).map((arg) => [arg.name, arg.type]),
  );
  const onArgs = new Expressions(args, undefined, mistakes);
  // Without event types nothing is known of `event`: its names would be mistakes that follow from the first.
  const event = mergedShape(types, resolvers);
  const onEvent = types.length > 0 ? new Expressions(args, event, mistakes) : undefined;
  const [keyText, filterText, ruleText] = [use.text('key'), use.text('filter'), auth?.text('rule')];
  const key = keyText && onArgs.compile(keyText, WANTED.KEY);
  const filter = filterText && onEvent?.compile(filterText, WANTED.BOOL);
  const compiledRule = ruleText && onEvent?.compile(ruleText, WANTED.BOOL);
  // An expression that is written but not understood is never taken for one that is absent.
  if (!topicUse || !tombstone || (keyText && !key) || (filterText && !filter) || (auth && !compiledRule))
    return { binding: undefined, topicUse };
  const rule: Rule | undefined = compiledRule && ruleOf(compiledRule);
  return {
    binding: {
      field: field.name,
      topic: topicUse.topic,
      types: new Set(types.map((type) => type.name)),
      key: key && keyOf(key),
      filter: filter && filterOf(filter),
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
  use: DirectiveUse,
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

function readsOf(variable: 'args' | 'claims', all: readonly (Compiled | undefined)[]): Reads {
  const none: Reads = new Set();
  return all.reduce((reads: Reads, one) => joinReads(reads, one?.reads.get(variable) ?? none), none);
}
