import { type GraphQLObjectType, type GraphQLSchema, getNamedType, isNonNullType } from 'graphql';
import type { Topic } from '../../core/ids.js';
import type { EventBinding, OutcomeBinding } from '../bindings.js';
import { ExpressionCompiler, RESULT_TYPES } from '../cel/compiler.js';
import { keyExpression, mapExpression } from '../cel/evaluation.js';
import { argsShape } from '../cel/shape.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import { DURATION_HINT, durationMs } from '../duration.js';
import { possibleTypes } from '../event-types/event-type.js';
import type { AppliedDirective } from './applied-directives.js';
import type { TopicDeclaration } from './topic-declarations.js';
import { type TopicUse, topicOf } from './topics.js';

interface OutcomeContext {
  readonly declared: ReadonlyMap<Topic, TopicDeclaration>;
  readonly schema: GraphQLSchema;
  readonly diagnostics: Diagnostics;
}

/** The coerced `input OutcomeInput` of schema/directives.graphql. */
type OutcomeInput = Readonly<Record<string, unknown>>;

/** Marks what could not be bound where `undefined` means that it is absent. A diagnostic was added. */
const INVALID = Symbol('invalid');

/** Binds `@publish(outcome:)`. Both results are `undefined` when diagnostics were added. */
export function outcomeBinding(
  directive: AppliedDirective,
  event: EventBinding,
  context: OutcomeContext,
): { binding: OutcomeBinding | undefined; topicUse: TopicUse | undefined } {
  const { diagnostics } = context;
  // graphql-js has coerced it to `input OutcomeInput` with the directive's arguments.
  const input = directive.values['outcome'] as OutcomeInput;
  const types = outcomeTypes(directive, input, context);
  const within = outcomeTimeout(directive, input, diagnostics);
  const topic =
    input['topic'] == null
      ? event.topic
      : topicOf(
          {
            ...directive,
            values: { topic: input['topic'] },
            stringNode: () => directive.stringNode('outcome.topic'),
          },
          diagnostics,
        );
  const compiler = new ExpressionCompiler({ args: argsShape(directive.field) }, diagnostics);
  const keyNode = directive.stringNode('outcome.key');
  const key = keyNode && compiler.compile(keyNode, RESULT_TYPES.KEY);
  const follow = topic && followBinding(directive, input, topic, compiler, context);
  if (!types || within === undefined || !topic || (keyNode && !key) || follow === INVALID)
    return { binding: undefined, topicUse: undefined };
  // On another topic, the outcome may have any key.
  const defaultKey = topic === event.topic ? event.key : undefined;
  return {
    binding: {
      topic,
      key: key ? keyExpression(key, context.declared.get(topic)?.key) : defaultKey,
      types: types.map(({ name }) => name),
      within,
      follow,
    },
    topicUse: { directive, kind: 'outcome', topic, types },
  };
}

function outcomeTypes(
  directive: AppliedDirective,
  input: OutcomeInput,
  { schema, diagnostics }: OutcomeContext,
): readonly GraphQLObjectType[] | undefined {
  const fieldType = getNamedType(directive.field.type);
  const possible = possibleTypes(fieldType, schema);
  const names = Array.isArray(input['types']) ? input['types'].map(String) : [];
  const types = names.flatMap((name) => possible.find((type) => type.name === name) ?? []);
  if (names.length > 0 && types.length === names.length) return types;
  diagnostics.at(
    directive.node,
    `Invalid outcome types ${JSON.stringify(names)}.`,
    `Use one or more types of ${fieldType}: ${nameList(possible.map(({ name }) => name))}.`,
  );
  return undefined;
}

function outcomeTimeout(
  directive: AppliedDirective,
  input: OutcomeInput,
  diagnostics: Diagnostics,
): number | undefined {
  const within = durationMs(String(input['within']));
  if (within === undefined)
    diagnostics.at(
      directive.stringNode('outcome.within') ?? directive.node,
      `Invalid duration ${JSON.stringify(input['within'])}.`,
      DURATION_HINT,
    );
  return within;
}

function followBinding(
  directive: AppliedDirective,
  input: OutcomeInput,
  topic: Topic,
  compiler: ExpressionCompiler,
  { schema, diagnostics }: OutcomeContext,
): OutcomeBinding['follow'] | typeof INVALID {
  if (input['follow'] == null) return undefined;
  const name = String(input['follow']);
  const node = directive.stringNode('outcome.follow') ?? directive.node;
  const field = schema.getSubscriptionType()?.getFields()[name];
  const subscribe = field?.astNode?.directives?.find((one) => one.name.value === 'subscribe');
  const topicNode = subscribe?.arguments?.find((one) => one.name.value === 'topic')?.value;
  if (
    field === undefined ||
    topicNode === undefined ||
    !('value' in topicNode) ||
    topicNode.value !== topic
  ) {
    const problem = `No field of Subscription named ${JSON.stringify(name)} follows the topic ${topic}.`;
    diagnostics.at(node, problem, `Name a field with @subscribe(topic: ${JSON.stringify(topic)}).`);
    return INVALID;
  }
  const required = field.args.filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined);
  const argsNode = directive.stringNode('outcome.with');
  if (argsNode === undefined) {
    if (required.length === 0) return { field: name, args: () => ({}) };
    const problem = `The field ${name} needs arguments: ${nameList(required.map((arg) => arg.name))}.`;
    diagnostics.at(node, problem, 'Set with to a map that has them.');
    return INVALID;
  }
  const map = compiler.compile(argsNode, RESULT_TYPES.MAP);
  return map ? { field: name, args: mapExpression(map) } : INVALID;
}
