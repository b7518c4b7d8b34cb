import {
  type GraphQLField,
  GraphQLID,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLString,
  getNullableType,
} from 'graphql';
import type { Topic } from '../../core/ids.js';
import { own } from '../../core/own.js';
import type { AuthRule, EventBinding, Expression, PublishBinding } from '../bindings.js';
import { asFieldSelection, asIdentifier } from '../cel/ast.js';
import { type CompiledExpression, ExpressionCompiler, RESULT_TYPES } from '../cel/compiler.js';
import { keyExpression, mapExpression } from '../cel/evaluation.js';
import { argsShape } from '../cel/shape.js';
import type { Diagnostics } from '../diagnostic.js';
import { eventDataCoercer } from '../event-types/event-data.js';
import { eventTypeNamed } from '../event-types/event-type.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import type { AppliedDirective } from './applied-directives.js';
import { outcomeBinding } from './outcome.js';
import { checkDefaultData, checkMap, defaultData, type EventData } from './publish-data.js';
import type { TopicDeclaration } from './topic-declarations.js';
import { type TopicUse, topicOf } from './topics.js';

interface PublishContext {
  readonly declared: ReadonlyMap<Topic, TopicDeclaration>;
  readonly schema: GraphQLSchema;
  readonly resolvers: ResolverMap;
  readonly diagnostics: Diagnostics;
}

/**
 * Binds the `@publish` directives of one field. `binding` is `undefined` when diagnostics were added;
 * `topicUses` has what is known even then, so that the fields of a topic can be checked against each other.
 */
export function publishBinding(
  directives: readonly AppliedDirective[],
  rule: AuthRule | undefined,
  context: PublishContext,
): { binding: PublishBinding | undefined; topicUses: readonly TopicUse[] } {
  const [first] = directives;
  if (first === undefined) return { binding: undefined, topicUses: [] };
  const bound = directives.map((directive) => eventBinding(directive, context));
  const [withOutcome, another] = directives.filter(({ values }) => values['outcome'] != null);
  if (another !== undefined) {
    const hint = 'Only one @publish of a field may have an outcome.';
    context.diagnostics.at(another.node, `${first.field.name} has a second outcome.`, hint);
  }
  const event = withOutcome && bound[directives.indexOf(withOutcome)]?.binding;
  const outcome = withOutcome && event && outcomeBinding(withOutcome, event, context);
  if (!withOutcome) checkFieldType(first, directives.length, context);
  const topicUses = [...bound.map(({ topicUse }) => topicUse), outcome?.topicUse].flatMap((use) => use ?? []);
  const events = bound.flatMap(({ binding }) => binding ?? []);
  const isComplete = events.length === directives.length && (!withOutcome || outcome?.binding !== undefined);
  const { name: field } = first.field;
  const binding = isComplete ? { field, events, outcome: outcome?.binding, rule } : undefined;
  return { binding, topicUses };
}

function eventBinding(
  directive: AppliedDirective,
  context: PublishContext,
): { binding: EventBinding | undefined; topicUse: TopicUse | undefined } {
  const { declared, diagnostics, resolvers } = context;
  const { field } = directive;
  const type = eventType(directive, context);
  const topic = topicOf(directive, diagnostics);
  const topicUse: TopicUse | undefined = topic &&
    type && { directive, kind: 'publish', topic, types: [type] };

  const compiler = new ExpressionCompiler({ args: argsShape(field) }, diagnostics);
  const keyNode = directive.stringNode('key');
  const key = keyNode && compiler.compile(keyNode, RESULT_TYPES.KEY);
  const dataNode = directive.stringNode('data');
  const map = dataNode && compiler.compile(dataNode, RESULT_TYPES.MAP);
  if (!type || !topic || !key || (dataNode && !map)) return { binding: undefined, topicUse };

  if (map) checkMap(directive, map, type, context);
  else checkDefaultData(directive, type, context);
  const data: Expression<EventData> = map ? mapExpression(map) : defaultData(field);
  const coerce = eventDataCoercer(type, resolvers);
  return {
    binding: {
      topic,
      type: type.name,
      key: keyExpression(key, declared.get(topic)?.key, textArgument(key, field)),
      data: (activation) => coerce(data(activation)),
    },
    topicUse,
  };
}

/** The argument of type ID or String that an expression is nothing but: `args.orderId`. */
function textArgument(
  { ast }: CompiledExpression,
  field: GraphQLField<unknown, unknown>,
): string | undefined {
  const selection = asFieldSelection(ast);
  if (selection === undefined || asIdentifier(selection.operand) !== 'args') return undefined;
  const argument = field.args.find(({ name }) => name === selection.field);
  const type = argument && getNullableType(argument.type);
  return type === GraphQLID || type === GraphQLString ? selection.field : undefined;
}

/** Without an outcome or a resolver, the field resolves to where its events are. */
function checkFieldType(
  { field }: AppliedDirective,
  eventCount: number,
  { schema, resolvers, diagnostics }: PublishContext,
): void {
  const owner = schema.getMutationType()?.name ?? 'Mutation';
  const hasResolver = Object.hasOwn(own(resolvers, owner) ?? {}, field.name);
  const expected = eventCount === 1 ? /^Published!?$/ : /^\[Published!?\]!?$/;
  if (hasResolver || expected.test(String(field.type))) return;
  const [events, type] =
    eventCount === 1 ? ['one event', 'Published'] : [`${eventCount} events`, '[Published!]!'];
  diagnostics.at(
    field.astNode?.type,
    `${owner}.${field.name} publishes ${events} but has type ${field.type}.`,
    `Use type ${type}, or add an outcome or a resolver.`,
  );
}

function eventType(
  directive: AppliedDirective,
  { schema, diagnostics }: PublishContext,
): GraphQLObjectType | undefined {
  const name = String(directive.values['type']);
  const type = eventTypeNamed(name, schema);
  if (type === undefined)
    diagnostics.at(
      directive.stringNode('type') ?? directive.node,
      `The schema has no event type ${JSON.stringify(name)}.`,
      'Use the name of an object type.',
    );
  return type;
}
