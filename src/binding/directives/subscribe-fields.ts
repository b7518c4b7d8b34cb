import { type GraphQLObjectType, type GraphQLSchema, getNullableType } from 'graphql';
import type { Topic } from '../../core/ids.js';
import type { OnSlow, SubscribeBinding, TombstoneBinding, ViewBinding } from '../bindings.js';
import { callerCheck } from '../cel/caller-errors.js';
import { ExpressionCompiler, RESULT_TYPES } from '../cel/compiler.js';
import { equalitiesOf } from '../cel/equalities.js';
import { authRule, filterExpression, keyExpression } from '../cel/evaluation.js';
import { filterTrial } from '../cel/filter-trial.js';
import { unionOfReads } from '../cel/reads.js';
import { metadataReads, readsRecord, unionOfMetadata } from '../cel/record-reads.js';
import { EVENT_RECORD } from '../cel/record-shape.js';
import type { Shape } from '../cel/shape.js';
import type { Diagnostics } from '../diagnostic.js';
import { possibleTypes } from '../event-types/event-type.js';
import { mergedShape } from '../event-types/merged-shape.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import { IMPLICIT_ARGS } from '../sdl/implicit-args.js';
import type { AppliedDirective } from './applied-directives.js';
import { metadataOfShown, shownOf } from './shown.js';
import { tombstoneBinding } from './tombstone.js';
import type { TopicDeclaration } from './topic-declarations.js';
import { type TopicUse, topicOf } from './topics.js';

interface SubscribeContext {
  readonly declared: ReadonlyMap<Topic, TopicDeclaration>;
  readonly schema: GraphQLSchema;
  readonly resolvers: ResolverMap;
  readonly diagnostics: Diagnostics;
}

/**
 * Binds the `@subscribe` of a field, and its `@auth`. `binding` is `undefined` when diagnostics were added.
 * @param view the field's `@view`
 */
export function subscribeBinding(
  directive: AppliedDirective,
  auth: AppliedDirective | undefined,
  view: ViewBinding | undefined,
  { schema, resolvers, declared, diagnostics }: SubscribeContext,
): { binding: SubscribeBinding | undefined; topicUse: TopicUse | undefined } {
  const { field } = directive;
  const topic = topicOf(directive, diagnostics);
  const types = possibleTypes(getNullableType(field.type), schema);
  if (types.length === 0)
    diagnostics.at(
      field.astNode?.type ?? directive.node,
      `The type ${field.type} cannot hold an event.`,
      'Use an object type, or a union or interface of object types.',
    );
  const shown = shownOf(directive, diagnostics);
  const tombstone = tombstoneBinding(directive, types, resolvers, diagnostics);
  const topicUse: TopicUse | undefined =
    topic && types.length > 0
      ? { directive, kind: 'subscribe', topic, types: recordTypes(directive, types, tombstone) }
      : undefined;

  const args: Shape = new Map(
    field.args.filter(({ name }) => !Object.hasOwn(IMPLICIT_ARGS, name)).map((arg) => [arg.name, arg.type]),
  );
  const argsCompiler = new ExpressionCompiler({ args }, diagnostics);
  // Without event types every field of `event` would be unknown: diagnostics that only follow from the one
  // above.
  const event = mergedShape(types, [tombstone?.declared?.type, view?.type], resolvers);
  const eventCompiler =
    types.length > 0 ? new ExpressionCompiler({ args, event, record: EVENT_RECORD }, diagnostics) : undefined;
  const keyNode = directive.stringNode('key');
  const filterNode = directive.stringNode('filter');
  const ruleNode = auth?.stringNode('rule');
  const key = keyNode && argsCompiler.compile(keyNode, RESULT_TYPES.KEY);
  const filter = filterNode && eventCompiler?.compile(filterNode, RESULT_TYPES.BOOL);
  const rule = ruleNode && eventCompiler?.compile(ruleNode, RESULT_TYPES.BOOL);
  if (ruleNode && rule && view && readsRecord(rule.ast)) {
    const problem = `The rule of ${field.name} reads record, and the state that @view shows first has none.`;
    diagnostics.at(ruleNode, problem, 'Decide by event, args and claims, or leave @view out.');
  }
  // S1: an expression that does not compile must never count as absent.
  if (!topicUse || !tombstone || (keyNode && !key) || (filterNode && !filter) || (auth && !rule))
    return { binding: undefined, topicUse };
  return {
    binding: {
      field: field.name,
      topic: topicUse.topic,
      types: new Set(types.map((type) => type.name)),
      key: key && keyExpression(key, declared.get(topicUse.topic)?.key),
      filter: filter && filterExpression(filter),
      tryFilter: filter && eventCompiler && filterTrial(filter, eventCompiler),
      equalities: filter && eventCompiler ? equalitiesOf(filter, event, eventCompiler) : [],
      checkCaller: eventCompiler ? callerCheck([filter, rule], eventCompiler) : () => {},
      rule: rule && authRule(rule),
      tombstone,
      view,
      // graphql-js has coerced it to a value of `enum OnSlow`, which has a default.
      onSlow: directive.values['onSlow'] as OnSlow,
      shown,
      metadata: unionOfMetadata([
        metadataOfShown(shown),
        ...[filter, rule].flatMap((one) => (one ? [metadataReads(one.ast)] : [])),
      ]),
      claims: unionOfReads('claims', [key, filter, rule]),
    },
    topicUse,
  };
}

/**
 * The types that records of the topic have. A plain JSON record does not carry its type, so all records have
 * one: a type that is shown for tombstones is not a record's.
 */
function recordTypes(
  directive: AppliedDirective,
  types: readonly GraphQLObjectType[],
  tombstone: TombstoneBinding | undefined,
): readonly GraphQLObjectType[] {
  if (directive.values['format'] !== 'JSON' || types.length === 1) return types;
  return types.filter(({ name }) => name !== tombstone?.declared?.type);
}
