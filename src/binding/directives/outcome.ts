import {
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { EventBinding, Expression, OutcomeBinding } from '../bindings.js';
import { ExpressionCompiler, keyExpression, mapExpression, RESULT_TYPES } from '../cel/compiler.js';
import { argsShape } from '../cel/shape.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import type { AppliedDirective } from './applied-directives.js';
import { type TopicUse, topicOf } from './topics.js';

interface Context {
  readonly schema: GraphQLSchema;
  readonly diagnostics: Diagnostics;
}

const DURATION = /^(\d{1,6})(ms|s|m)$/;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };
/** Longer is no answer to a request any more. */
const MOST = 300_000;

/** Reads `@publish(outcome:)`. What cannot be bound has been added to the diagnostics. */
export function outcomeBinding(
  use: AppliedDirective,
  event: EventBinding,
  context: Context,
): { binding: OutcomeBinding | undefined; topicUse: TopicUse | undefined } {
  const { diagnostics } = context;
  // It was held against `input OutcomeInput` when the directive was read.
  const given = use.values['outcome'] as Readonly<Record<string, unknown>>;
  const types = typesOf(use, given, context);
  const within = withinOf(use, given, diagnostics);
  const topic =
    given['topic'] == null
      ? event.topic
      : topicOf(
          { ...use, values: { topic: given['topic'] }, text: () => use.text('outcome.topic') },
          diagnostics,
        );
  const expressions = new ExpressionCompiler(argsShape(use.field), undefined, diagnostics);
  const keyText = use.text('outcome.key');
  const key = keyText && expressions.compile(keyText, RESULT_TYPES.KEY);
  const followed = topic && followOf(use, given, topic, expressions, context);
  if (!types || within === undefined || !topic || (keyText && !key) || followed === null)
    return { binding: undefined, topicUse: undefined };
  const own = topic === event.topic ? event.key : undefined;
  return {
    binding: {
      topic,
      key: key ? keyExpression(key) : own,
      types: types.map(({ name }) => name),
      within,
      follow: followed,
    },
    topicUse: { directive: use, kind: 'outcome', topic, types },
  };
}

function typesOf(
  use: AppliedDirective,
  given: Readonly<Record<string, unknown>>,
  { schema, diagnostics }: Context,
): readonly GraphQLObjectType[] | undefined {
  const answer = getNamedType(use.field.type);
  const possible = isAbstractType(answer)
    ? schema.getPossibleTypes(answer)
    : isObjectType(answer)
      ? [answer]
      : [];
  const wanted = Array.isArray(given['types']) ? given['types'].map(String) : [];
  const types = wanted.flatMap((name) => possible.find((type) => type.name === name) ?? []);
  if (wanted.length > 0 && types.length === wanted.length) return types;
  diagnostics.at(
    use.node,
    `outcome types ${JSON.stringify(wanted)}`,
    `types that ${use.field.type} can be: ${nameList(possible.map(({ name }) => name))}`,
  );
  return undefined;
}

/** `500ms`, `5s`, `1m`: in milliseconds; `undefined` for what is no such time, or longer than 5 minutes. */
export function millisecondsOf(text: string): number | undefined {
  const [, number, unit] = DURATION.exec(text) ?? [];
  const within = Number(number) * (UNITS[unit ?? ''] ?? Number.NaN);
  return within > 0 && within <= MOST ? within : undefined;
}

function withinOf(
  use: AppliedDirective,
  given: Readonly<Record<string, unknown>>,
  diagnostics: Diagnostics,
): number | undefined {
  const within = millisecondsOf(String(given['within']));
  if (within !== undefined) return within;
  diagnostics.at(
    use.text('outcome.within') ?? use.node,
    `within ${JSON.stringify(given['within'])}`,
    'a time up to 5m, such as 500ms, 5s or 1m',
  );
  return undefined;
}

/** `null`: it has a mistake. */
function followOf(
  use: AppliedDirective,
  given: Readonly<Record<string, unknown>>,
  topic: string,
  expressions: ExpressionCompiler,
  { schema, diagnostics }: Context,
): OutcomeBinding['follow'] | null {
  if (given['follow'] == null) return undefined;
  const name = String(given['follow']);
  const place = use.text('outcome.follow') ?? use.node;
  const field = schema.getSubscriptionType()?.getFields()[name];
  const subscribe = field?.astNode?.directives?.find((one) => one.name.value === 'subscribe');
  const value = subscribe?.arguments?.find((one) => one.name.value === 'topic')?.value;
  if (field === undefined || value === undefined || !('value' in value) || value.value !== topic) {
    diagnostics.at(place, `follow ${JSON.stringify(name)}`, `a field of Subscription that follows ${topic}`);
    return null;
  }
  const needed = field.args.filter((one) => isNonNullType(one.type) && one.defaultValue === undefined);
  const text = use.text('outcome.with');
  if (text === undefined) {
    if (needed.length === 0) return { field: name, args: () => ({}) };
    diagnostics.at(
      place,
      `follow ${JSON.stringify(name)}`,
      `with: a map of ${nameList(needed.map((one) => one.name))}`,
    );
    return null;
  }
  const map = expressions.compile(text, RESULT_TYPES.MAP);
  if (!map) return null;
  const args: Expression<Readonly<Record<string, unknown>>> = mapExpression(map);
  return { field: name, args };
}
