import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isNonNullType,
} from 'graphql';
import type { AuthRule, EventBinding, Expression, PublishBinding } from '../bindings.js';
import { asFieldSelection, asIdentifier, asMapLiteral, type CelNode } from '../cel/ast.js';
import { type CompiledExpression, ExpressionCompiler, RESULT_TYPES } from '../cel/compiler.js';
import { keyExpression, mapExpression } from '../cel/evaluation.js';
import { argsShape, shapeOf } from '../cel/shape.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import { dataShape, shapeMismatches } from '../event-types/data-shape.js';
import { eventDataCoercer } from '../event-types/event-data.js';
import { eventTypeNamed } from '../event-types/event-type.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import type { AppliedDirective } from './applied-directives.js';
import { outcomeBinding } from './outcome.js';
import { type TopicUse, topicOf } from './topics.js';

type EventData = Readonly<Record<string, unknown>>;

interface PublishContext {
  readonly schema: GraphQLSchema;
  readonly resolvers: ResolverMap;
  readonly diagnostics: Diagnostics;
}

/** Binds the `@publish` directives of one field. `binding` is `undefined` when diagnostics were added. */
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
  const { diagnostics, resolvers } = context;
  const { field } = directive;
  const type = eventType(directive, context);
  const topic = topicOf(directive, diagnostics);
  const topicUse: TopicUse | undefined = topic &&
    type && { directive, kind: 'publish', topic, types: [type] };

  const compiler = new ExpressionCompiler(argsShape(field), undefined, diagnostics);
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
      key: keyExpression(key),
      data: (activation) => coerce(data(activation)),
    },
    topicUse,
  };
}

/** Without an outcome or a resolver, the field resolves to where its events are. */
function checkFieldType(
  { field }: AppliedDirective,
  eventCount: number,
  { schema, resolvers, diagnostics }: PublishContext,
): void {
  const owner = schema.getMutationType()?.name ?? 'Mutation';
  const hasResolver = Object.hasOwn(resolvers[owner] ?? {}, field.name);
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

/** The field's only argument, if that is an input object: then it is the data itself. */
function onlyInput(field: GraphQLField<unknown, unknown>): { name: string; type: GraphQLType } | undefined {
  const [only, ...others] = field.args;
  return only && others.length === 0 && isInputObjectType(getNullableType(only.type)) ? only : undefined;
}

/** The data of an event whose `@publish` has no argument `data`. */
function defaultData(field: GraphQLField<unknown, unknown>): Expression<EventData> {
  const input = onlyInput(field);
  if (!input) return ({ args }) => args;
  return ({ args }) => {
    const value = args[input.name];
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
  };
}

function checkDefaultData(
  directive: AppliedDirective,
  type: GraphQLObjectType,
  { resolvers, diagnostics }: PublishContext,
): void {
  const { field } = directive;
  const input = onlyInput(field);
  const inputType = input && getNamedType(input.type);
  const source = isInputObjectType(inputType) ? shapeOf(inputType) : argsShape(field);
  const mismatches = shapeMismatches(dataShape(type, resolvers), source, resolvers);
  if (mismatches.length === 0) return;
  const name = inputType ? `The input ${inputType.name} does` : `The arguments of ${field.name} do`;
  diagnostics.at(
    directive.node,
    `${name} not match ${type.name}: ${mismatches.join('; ')}.`,
    'Change them, or set the argument data.',
  );
}

/**
 * Checks a map literal: its names, and the types of values that are arguments (`args.a.b`). What other expressions
 * evaluate to is checked when the event is published.
 */
function checkMap(
  directive: AppliedDirective,
  map: CompiledExpression,
  type: GraphQLObjectType,
  { resolvers, diagnostics }: PublishContext,
): void {
  const node = directive.stringNode('data');
  const entries = asMapLiteral(map.ast);
  if (!node || !entries) return;
  const shape = dataShape(type, resolvers);
  const given = new Map<string, GraphQLType | undefined>();
  for (const { name, key, value } of entries) {
    if (!shape.has(name)) {
      const hint = `Its fields: ${nameList(shape.keys())}.`;
      diagnostics.inString(node, key.start, `${type.name} has no field ${name}.`, hint);
    }
    given.set(name, typeOfSelection(value, directive.field));
  }
  const mismatches = shapeMismatches(shape, given, resolvers);
  if (mismatches.length > 0)
    diagnostics.inString(node, 0, `The map does not match ${type.name}: ${mismatches.join('; ')}.`);
}

/** The GraphQL type of `args.a.b`; `undefined` for other expressions. */
function typeOfSelection(node: CelNode, field: GraphQLField<unknown, unknown>): GraphQLType | undefined {
  const selection = asFieldSelection(node);
  if (!selection) return undefined;
  const { operand, field: name } = selection;
  const variable = asIdentifier(operand);
  if (variable !== undefined) return variable === 'args' ? argsShape(field).get(name) : undefined;
  const operandType = typeOfSelection(operand, field);
  const inputType = operandType && getNullableType(operandType);
  const type = isInputObjectType(inputType) ? inputType.getFields()[name]?.type : undefined;
  // A field of a nullable value is nullable.
  return type && !isNonNullType(operandType) ? getNullableType(type) : type;
}
