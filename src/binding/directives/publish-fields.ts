import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { AuthRule, EventBinding, Expression, PublishBinding } from '../bindings.js';
import { shapeOf } from '../cel/cel-types.js';
import {
  type CompiledExpression,
  ExpressionCompiler,
  keyExpression,
  mapExpression,
  RESULT_TYPES,
} from '../cel/compiler.js';
import { asFieldSelection, type CelNode, isCelNode } from '../cel/reads.js';
import { argsShape } from '../cel/shape.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import { dataShape, eventDataCoercer, shapeMismatches } from '../event-types/event-data.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import type { AppliedDirective } from './applied-directives.js';
import { outcomeBinding } from './outcome.js';
import { type TopicUse, topicOf } from './topics.js';

type Data = Readonly<Record<string, unknown>>;

interface Context {
  readonly schema: GraphQLSchema;
  readonly resolvers: ResolverMap;
  readonly diagnostics: Diagnostics;
}

/** Reads the `@publish` of one field. What cannot be bound has been added to the diagnostics. */
export function publishBinding(
  uses: readonly AppliedDirective[],
  rule: AuthRule | undefined,
  context: Context,
): { binding: PublishBinding | undefined; topicUses: readonly TopicUse[] } {
  const [first] = uses;
  if (first === undefined) return { binding: undefined, topicUses: [] };
  const each = uses.map((use) => eventBinding(use, context));
  const [waiting, another] = uses.filter((use) => use.values['outcome'] != null);
  if (another !== undefined) {
    context.diagnostics.at(another.node, 'a second outcome', `one outcome for ${first.field.name}`);
  }
  const event = waiting && each[uses.indexOf(waiting)]?.binding;
  const expected = waiting && event && outcomeBinding(waiting, event, context);
  if (!waiting) checkAnswer(first, uses.length, context);
  const topicUses = [...each.map(({ topicUse }) => topicUse), expected?.topicUse].flatMap((use) => use ?? []);
  const events = each.flatMap(({ binding }) => binding ?? []);
  const whole = events.length === uses.length && (!waiting || expected?.binding !== undefined);
  const { name: field } = first.field;
  const binding = whole ? { field, events, outcome: expected?.binding, rule } : undefined;
  return { binding, topicUses };
}

function eventBinding(
  use: AppliedDirective,
  context: Context,
): { binding: EventBinding | undefined; topicUse: TopicUse | undefined } {
  const { diagnostics, resolvers } = context;
  const { field } = use;
  const type = eventType(use, context);
  const topic = topicOf(use, diagnostics);
  const topicUse: TopicUse | undefined = topic &&
    type && { directive: use, kind: 'publish', topic, types: [type] };

  const expressions = new ExpressionCompiler(argsShape(field), undefined, diagnostics);
  const keyText = use.text('key');
  const key = keyText && expressions.compile(keyText, RESULT_TYPES.KEY);
  const dataText = use.text('data');
  const map = dataText && expressions.compile(dataText, RESULT_TYPES.MAP);
  if (!type || !topic || !key || (dataText && !map)) return { binding: undefined, topicUse };

  if (map) checkMap(use, map, type, context);
  else checkDefault(use, type, context);
  const raw: Expression<Data> = map ? mapExpression(map) : defaultData(field);
  const conformed = eventDataCoercer(type, resolvers);
  const data: Expression<Data> = (scope) => conformed(raw(scope));
  return { binding: { topic, type: type.name, key: keyExpression(key), data }, topicUse };
}

function checkAnswer(
  { field }: AppliedDirective,
  events: number,
  { schema, resolvers, diagnostics }: Context,
): void {
  const owner = schema.getMutationType()?.name ?? 'Mutation';
  const hasResolver = Object.hasOwn(resolvers[owner] ?? {}, field.name);
  const answer = events === 1 ? /^Published!?$/ : /^\[Published!?\]!?$/;
  if (hasResolver || answer.test(String(field.type))) return;
  diagnostics.at(
    field.astNode?.type,
    `type ${field.type}`,
    `${events === 1 ? 'Published' : '[Published!]!'}, an outcome, or a resolver for ${owner}.${field.name}`,
  );
}

function eventType(use: AppliedDirective, { schema, diagnostics }: Context): GraphQLObjectType | undefined {
  const name = String(use.values['type']);
  const type = schema.getType(name);
  const roots: unknown[] = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  if (isObjectType(type) && !roots.includes(type)) return type;
  diagnostics.at(
    use.text('type') ?? use.node,
    `type ${JSON.stringify(name)}`,
    'the name of an object type of the schema',
  );
  return undefined;
}

/** The field's only argument, if that is an input object: it is the data itself. */
function onlyInput(field: GraphQLField<unknown, unknown>): { name: string; type: GraphQLType } | undefined {
  const [only, ...others] = field.args;
  return only && others.length === 0 && isInputObjectType(getNullableType(only.type)) ? only : undefined;
}

function defaultData(field: GraphQLField<unknown, unknown>): Expression<Data> {
  const input = onlyInput(field);
  if (!input) return (scope) => scope.args;
  return (scope) => {
    const value = scope.args[input.name];
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
  };
}

function checkDefault(
  use: AppliedDirective,
  type: GraphQLObjectType,
  { resolvers, diagnostics }: Context,
): void {
  const input = onlyInput(use.field);
  const inputType = input && getNamedType(input.type);
  const given = isInputObjectType(inputType) ? shapeOf(inputType) : argsShape(use.field);
  const what = inputType ? `input ${inputType.name}` : `the arguments of ${use.field.name}`;
  const problems = shapeMismatches(dataShape(type, resolvers), given, resolvers);
  if (problems.length > 0)
    diagnostics.at(
      use.node,
      `${what}, where ${problems.join('; ')}`,
      `all that ${type.name} needs, or an argument data`,
    );
}

/** The names of a map literal, and the types of those values that are arguments as they are. */
function checkMap(
  use: AppliedDirective,
  map: CompiledExpression,
  type: GraphQLObjectType,
  context: Context,
): void {
  const node = use.text('data');
  const entries = literalEntries(map.tree);
  if (!node || !entries) return;
  const shape = dataShape(type, context.resolvers);
  const given = new Map<string, GraphQLType | undefined>();
  for (const [name, key, value] of entries) {
    if (!shape.has(name))
      context.diagnostics.within(node, key.start, `'${name}'`, `${type.name} has ${nameList(shape.keys())}`);
    given.set(name, typeOfPath(value, use.field));
  }
  const problems = shapeMismatches(shape, given, context.resolvers);
  if (problems.length > 0)
    context.diagnostics.within(node, 0, `a map where ${problems.join('; ')}`, `all that ${type.name} needs`);
}

function literalEntries(tree: CelNode): readonly (readonly [string, CelNode, CelNode])[] | undefined {
  if (tree.op !== 'map' || !Array.isArray(tree.args)) return undefined;
  const entries: (readonly [string, CelNode, CelNode])[] = [];
  for (const entry of tree.args) {
    const [key, value]: unknown[] = Array.isArray(entry) ? entry : [];
    if (!isCelNode(key) || !isCelNode(value) || typeof key.args !== 'string' || key.op !== 'value')
      return undefined;
    entries.push([key.args, key, value]);
  }
  return entries;
}

/** The GraphQL type of `args.a.b`; `undefined` for other expressions, which are checked at run time. */
function typeOfPath(node: CelNode, field: GraphQLField<unknown, unknown>): GraphQLType | undefined {
  const member = asFieldSelection(node);
  if (!member) return undefined;
  const [owner, name] = member;
  if (owner.op === 'id') return owner.args === 'args' ? argsShape(field).get(name) : undefined;
  const ownerType = typeOfPath(owner, field);
  const inner = ownerType && getNullableType(ownerType);
  const type = isInputObjectType(inner) ? inner.getFields()[name]?.type : undefined;
  // A part of something that may be null may be null.
  return type && !isNonNullType(ownerType) ? getNullableType(type) : type;
}
