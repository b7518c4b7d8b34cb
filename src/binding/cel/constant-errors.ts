import { type GraphQLEnumType, type GraphQLType, getNullableType, isEnumType, isListType } from 'graphql';
import { nameList } from '../diagnostic.js';
import { asBinding, asCall, asLiteral, type CelNode, childrenOf } from './ast.js';
import { print } from './print.js';
import { readsOf } from './reads.js';
import { celTypeOfScalar, type Scope } from './scope.js';

/** An error in an expression. `start` is the index of its first character. */
export interface ExpressionError {
  readonly start: number;
  readonly problem: string;
  readonly hint?: string | undefined;
}

/** What tells whether a literal is valid. Each throws with the reason when it is not. */
export interface Constants {
  evaluate(node: CelNode): void;
  compilePattern(pattern: string): void;
}

const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%']);
const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

/**
 * Finds what type-checks and yet has the same outcome for every event: a name that its enum does not have, a
 * calculation with literals that fails, a number of JSON taken for an `Int`, a text of JSON taken for a `DateTime`.
 */
export function findConstantError(
  node: CelNode,
  scope: Scope,
  constants: Constants,
): ExpressionError | undefined {
  const error =
    enumError(node, scope) ??
    literalError(node, constants) ??
    patternError(node, constants) ??
    jsonNumberError(node, scope) ??
    jsonTimeError(node, scope);
  if (error !== undefined) return error;
  const binding = asBinding(node);
  const inner = binding && scope.bind(binding);
  for (const child of childrenOf(node)) {
    const isBody = inner !== undefined && binding?.body.includes(child) === true;
    const found = findConstantError(child, isBody ? inner : scope, constants);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `event.status == "PIAD"`, `event.status in ["PIAD"]`, and `"PIAD" in event.statuses`. */
function enumError(node: CelNode, scope: Scope): ExpressionError | undefined {
  const [left, right] = childrenOf(node);
  if (left === undefined || right === undefined) return undefined;
  if (node.op === '==' || node.op === '!=')
    return unknownName(enumOf(left, scope), [right]) ?? unknownName(enumOf(right, scope), [left]);
  if (node.op !== 'in') return undefined;
  const list = scope.namedTypeOf(right);
  const element = isListType(list) ? getNullableType(list.ofType) : undefined;
  return (
    unknownName(enumOf(left, scope), right.op === 'list' ? childrenOf(right) : []) ??
    unknownName(isEnumType(element) ? element : undefined, [left])
  );
}

function enumOf(node: CelNode, scope: Scope): GraphQLEnumType | undefined {
  const type = scope.namedTypeOf(node);
  return isEnumType(type) ? type : undefined;
}

function unknownName(
  type: GraphQLEnumType | undefined,
  nodes: readonly CelNode[],
): ExpressionError | undefined {
  if (type === undefined) return undefined;
  for (const node of nodes) {
    const name = asLiteral(node)?.value;
    if (typeof name !== 'string' || type.getValue(name) !== undefined) continue;
    const hint = `Its values: ${nameList(type.getValues().map((value) => value.name))}.`;
    return { start: node.start, problem: `The enum ${type.name} has no value ${name}.`, hint };
  }
  return undefined;
}

/** A literal that an enum does not have, where a value of the type is expected. */
export function unknownEnumName(type: GraphQLType | undefined, node: CelNode): ExpressionError | undefined {
  const nullable = type && getNullableType(type);
  return unknownName(isEnumType(nullable) ? nullable : undefined, [node]);
}

/** `timestamp("yesterday")`, `duration("5 days")`, `1 / 0`. */
function literalError(node: CelNode, constants: Constants): ExpressionError | undefined {
  const isCalculation = asCall(node) !== undefined || ARITHMETIC.has(node.op);
  if (!isCalculation || readsOf(node).size > 0) return undefined;
  const reason = failureOf(() => constants.evaluate(node));
  return reason === undefined
    ? undefined
    : { start: node.start, problem: `${print(node)} has no value: ${reason}.` };
}

/** `event.name.matches("(")`. */
function patternError(node: CelNode, constants: Constants): ExpressionError | undefined {
  const call = asCall(node);
  const [pattern] = call?.operands ?? [];
  if (call?.name !== 'matches' || call.receiver === undefined || pattern === undefined) return undefined;
  const text = asLiteral(pattern)?.value;
  const reason = typeof text === 'string' ? failureOf(() => constants.compilePattern(text)) : undefined;
  if (reason === undefined) return undefined;
  const hint = 'The syntax is that of RE2: https://github.com/google/re2/wiki/Syntax.';
  return { start: pattern.start, problem: `${reason}.`, hint };
}

/** `claims.level + 1`: CEL calculates with two ints or two doubles. */
function jsonNumberError(node: CelNode, scope: Scope): ExpressionError | undefined {
  if (!ARITHMETIC.has(node.op)) return undefined;
  const [left, right] = childrenOf(node);
  if (left === undefined || right === undefined) return undefined;
  for (const [json, other] of [
    [left, right],
    [right, left],
  ] as const) {
    if (!scope.isJson(json) || (node.op !== '%' && !isInt(other, scope))) continue;
    const name = print(json);
    const converted = print(node).replace(name, `int(${name})`);
    return {
      start: node.start,
      problem: `${name} is JSON, whose numbers are doubles, and ${node.op} needs two ints here.`,
      hint: `Write ${converted}.`,
    };
  }
  return undefined;
}

function isInt(node: CelNode, scope: Scope): boolean {
  const literal = asLiteral(node);
  if (literal !== undefined) return typeof literal.value === 'bigint';
  const type = scope.typeOf(node);
  if (type !== undefined) return celTypeOfScalar(type) === 'int';
  const name = asCall(node)?.name;
  if (name !== undefined) return name === 'int' || name === 'size';
  return (
    (ARITHMETIC.has(node.op) || node.op === '-_') && childrenOf(node).some((child) => isInt(child, scope))
  );
}

/** `event.time > claims.time`: a text is never equal to a timestamp, nor before or after one. */
function jsonTimeError(node: CelNode, scope: Scope): ExpressionError | undefined {
  if (!COMPARISONS.has(node.op)) return undefined;
  const [left, right] = childrenOf(node);
  if (left === undefined || right === undefined) return undefined;
  for (const [json, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const type = scope.typeOf(other);
    if (!scope.isJson(json) || type === undefined || celTypeOfScalar(type) !== 'google.protobuf.Timestamp')
      continue;
    const name = print(json);
    return {
      start: json.start,
      problem: `${name} is JSON, which has no timestamps, and ${print(other)} is a DateTime.`,
      hint: `Write timestamp(${name}).`,
    };
  }
  return undefined;
}

function failureOf(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    // cel-js draws the position into `message`; `summary` is the plain text.
    return error instanceof Error && 'summary' in error ? String(error.summary) : String(error);
  }
}
