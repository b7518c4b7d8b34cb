import { type GraphQLEnumType, type GraphQLType, getNullableType, isEnumType, isListType } from 'graphql';
import { nameList } from '../diagnostic.js';
import { asBinding, asCall, asIdentifier, asLiteral, asMapLiteral, type CelNode, childrenOf } from './ast.js';
import { decidingOperand } from './deciding-operands.js';
import { print } from './print.js';
import { readsOf } from './reads.js';
import { celTypeOfScalar, type Scope } from './scope.js';

/** An error in an expression. `start` is the index of its first character. */
export interface ExpressionError {
  readonly start: number;
  readonly problem: string;
  readonly hint?: string | undefined;
}

/** What tells whether a constant is valid. Each throws with the reason when it is not. */
export interface Constants {
  evaluate(node: CelNode): unknown;
  compilePattern(pattern: unknown): void;
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
    duplicateKeyError(node) ??
    operandError(node, constants) ??
    indexError(node, scope, constants) ??
    optionalError(node, scope) ??
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
    return unknownName(enumOf(left, scope), right) ?? unknownName(enumOf(right, scope), left);
  return node.op === 'in' ? unknownName(enumOf(left, scope) ?? enumOf(right, scope), right, left) : undefined;
}

/** The enum that a value has, or the elements of a list. */
function enumOf(node: CelNode, scope: Scope): GraphQLEnumType | undefined {
  const type = scope.namedTypeOf(node);
  const element = isListType(type) ? getNullableType(type.ofType) : type;
  return isEnumType(element) ? element : undefined;
}

/** The literals that a node may stand for: itself, elements of a list, keys of a map, branches of `? :`. */
function literalsIn(node: CelNode): readonly CelNode[] {
  const children = childrenOf(node);
  if (node.op === 'list') return children.flatMap(literalsIn);
  if (node.op === 'map') return children.filter((_, i) => i % 2 === 0).flatMap(literalsIn);
  return node.op === '?:' ? children.slice(1).flatMap(literalsIn) : [node];
}

function unknownName(
  type: GraphQLEnumType | undefined,
  ...nodes: readonly CelNode[]
): ExpressionError | undefined {
  if (type === undefined) return undefined;
  for (const node of nodes.flatMap(literalsIn)) {
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
  return unknownName(isEnumType(nullable) ? nullable : undefined, node);
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

/** `{'a': 1, 'a': 2}` */
function duplicateKeyError(node: CelNode): ExpressionError | undefined {
  const names = new Set<string>();
  for (const { name, key } of asMapLiteral(node) ?? []) {
    if (names.has(name)) return { start: key.start, problem: `The map has the key ${name} twice.` };
    names.add(name);
  }
  return undefined;
}

/** `event.name.matches("(")`, `event.n / 0`: a constant operand with which the operation always fails. */
function operandError(node: CelNode, constants: Constants): ExpressionError | undefined {
  const deciding = decidingOperand(node, (pattern) => constants.compilePattern(pattern));
  if (deciding === undefined || readsOf(deciding.node).size > 0) return undefined;
  const reason = failureOf(() => deciding.check(constants.evaluate(deciding.node)));
  if (reason === undefined) return undefined;
  const { start } = deciding.node;
  if (asCall(node)?.name !== 'matches') return { start, problem: `${print(node)} has no value: ${reason}.` };
  const hint = 'The syntax is that of RE2: https://github.com/google/re2/wiki/Syntax.';
  return { start, problem: `${reason}.`, hint };
}

/** `event.tags[-1]`, and `event[args.name]`: the fields of an object of the schema have names. */
function indexError(node: CelNode, scope: Scope, constants: Constants): ExpressionError | undefined {
  const [operand, index] = childrenOf(node);
  if (node.op !== '[]' || operand === undefined || index === undefined) return undefined;
  const { start } = index;
  if (scope.fieldsOf(operand) !== undefined && typeof asLiteral(index)?.value !== 'string') {
    const problem = `${print(operand)} is an object of the schema: an expression cannot choose its field.`;
    return { start, problem, hint: `Write ${print(operand)} with the name of a field.` };
  }
  const isList = operand.op === 'list' || isListType(scope.namedTypeOf(operand));
  if (!isList || readsOf(index).size > 0) return undefined;
  const position = constants.evaluate(index);
  return typeof position === 'bigint' && position < 0n
    ? { start, problem: `${print(node)} has no value: the positions of a list begin with 0.` }
    : undefined;
}

/** cel-js type-checks the library of optional values, and has none when it evaluates. */
function optionalError(node: CelNode, scope: Scope): ExpressionError | undefined {
  if (asIdentifier(node) !== 'optional' || scope.pathOf(node) !== undefined) return undefined;
  return { start: node.start, ...NO_OPTIONALS };
}

/** For what is written with CEL's extension for optional values. */
export const NO_OPTIONALS = {
  problem: 'Optional values are not supported.',
  hint: "Write has(event.x) ? event.x : 'a value for that case'.",
} as const;

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
