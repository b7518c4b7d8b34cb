import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { own } from '../../core/own.js';
import type { Expression } from '../bindings.js';
import {
  asFieldSelection,
  asIdentifier,
  asLiteral,
  asMapLiteral,
  type CelNode,
  type MapEntry,
} from '../cel/ast.js';
import { fromCel } from '../cel/cel-values.js';
import type { CompiledExpression } from '../cel/compiler.js';
import { type ExpressionError, unknownEnumName } from '../cel/constant-errors.js';
import { print } from '../cel/print.js';
import { argsShape, shapeOf } from '../cel/shape.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import { dataShape, shapeMismatches } from '../event-types/data-shape.js';
import { dataProblems } from '../event-types/event-data.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import type { AppliedDirective } from './applied-directives.js';

export type EventData = Readonly<Record<string, unknown>>;

interface DataContext {
  readonly resolvers: ResolverMap;
  readonly diagnostics: Diagnostics;
}

/** The field's only argument, if that is an input object: then it is the data itself. */
function onlyInput(field: GraphQLField<unknown, unknown>): { name: string; type: GraphQLType } | undefined {
  const [only, ...others] = field.args;
  return only && others.length === 0 && isInputObjectType(getNullableType(only.type)) ? only : undefined;
}

/** The data of an event whose `@publish` has no argument `data`. */
export function defaultData(field: GraphQLField<unknown, unknown>): Expression<EventData> {
  const input = onlyInput(field);
  if (!input) return ({ args }) => args;
  return ({ args }) => {
    const value = own(args, input.name);
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
  };
}

/** Checks at start that the default data can match the event type, for every call. */
export function checkDefaultData(
  directive: AppliedDirective,
  type: GraphQLObjectType,
  { resolvers, diagnostics }: DataContext,
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
 * Checks a map literal: its names, and the types of values that are arguments (`args.a.b`). What other
 * expressions evaluate to is checked when the event is published.
 */
export function checkMap(
  directive: AppliedDirective,
  map: CompiledExpression,
  type: GraphQLObjectType,
  { resolvers, diagnostics }: DataContext,
): void {
  const node = directive.stringNode('data');
  const entries = asMapLiteral(map.ast);
  if (!node || !entries) return;
  const shape = dataShape(type, resolvers);
  const given = new Map<string, GraphQLType | undefined>();
  for (const { name, key, value } of entries) {
    given.set(name, typeOfSelection(value, directive.field));
    for (const { start, problem, hint } of entryErrors(type, { name, key, value }, name, resolvers))
      diagnostics.inString(node, start, problem, hint);
  }
  const mismatches = shapeMismatches(shape, given, resolvers);
  if (mismatches.length > 0)
    diagnostics.inString(node, 0, `The map does not match ${type.name}: ${mismatches.join('; ')}.`);
}

/** What is wrong with an entry of a map literal, and of map literals in it, for every call. */
function entryErrors(
  type: GraphQLObjectType,
  { name, key, value }: MapEntry,
  path: string,
  resolvers: ResolverMap,
): readonly ExpressionError[] {
  const shape = dataShape(type, resolvers);
  const fieldType = shape.get(name);
  if (!shape.has(name)) {
    const hint = `Its fields: ${nameList(shape.keys())}.`;
    return [{ start: key.start, problem: `${type.name} has no field ${name}.`, hint }];
  }
  const error = unknownEnumName(fieldType, value);
  if (error !== undefined) return [error];
  const inner = fieldType && getNullableType(fieldType);
  const entries = asMapLiteral(value);
  if (entries !== undefined && isObjectType(inner))
    return entries.flatMap((entry) => entryErrors(inner, entry, `${path}.${entry.name}`, resolvers));
  const literal = asLiteral(value);
  if (literal === undefined || fieldType === undefined) return [];
  return dataProblems(fieldType, fromCel(literal.value), path, resolvers).map((problem) => ({
    start: value.start,
    problem: `${problem}: ${print(value)}.`,
  }));
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
