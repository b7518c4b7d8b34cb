import { MillraceError } from '../../core/errors.js';
import { own } from '../../core/own.js';
import type { Activation, Expression } from '../bindings.js';
import {
  asBinding,
  asFieldSelection,
  asIdentifier,
  asLiteral,
  type CelNode,
  childrenOf,
  operandsOf,
} from './ast.js';
import type { CompiledExpression, ExpressionCompiler } from './compiler.js';
import { type DecidingOperand, decidingOperand } from './deciding-operands.js';
import { reasonOf } from './evaluation.js';
import { print } from './print.js';
import { type Reads, readsOf } from './reads.js';

type Check = (activation: Activation) => void;

/**
 * Checks what a caller's arguments and claims make of an expression over events, before there is an event: a pattern
 * that is not a regular expression, a text that is not a timestamp, a time zone that does not exist, a division by zero.
 * Otherwise every event would fail.
 *
 * Leaves out the parts of an expression that its own conditions on arguments and claims switch off, and those that
 * read an argument or a claim that is absent: `||` and `has()` may decide without them.
 *
 * @returns throws BAD_REQUEST when something is wrong
 */
export function callerCheck(
  expressions: readonly (CompiledExpression | undefined)[],
  compiler: ExpressionCompiler,
): Expression<void> {
  const checks = expressions.flatMap(
    (expression) => expression && checkOf(expression.ast, new Set(['event', 'record']), compiler),
  );
  return (activation) => {
    for (const check of checks) check?.(activation);
  };
}

/** @param unknown variables that have no value before there is an event */
function checkOf(node: CelNode, unknown: ReadonlySet<string>, compiler: ExpressionCompiler): Check {
  if (isKnown(node, unknown)) return isRead(node) ? () => {} : evaluationCheck(node, compiler);
  if (node.op === '&&' || node.op === '||')
    return chainCheck(node.op, operandsOf(node.op, node), unknown, compiler);
  const children = childrenOf(node);
  const [condition, first, second] = children;
  if (node.op === '?:' && condition && first && second && isKnown(condition, unknown)) {
    const test = compiler.compileNode(condition);
    const branches = [first, second].map((branch) => checkOf(branch, unknown, compiler));
    return (activation) => {
      const holds = attempt(() => test(activation));
      if (holds !== false) branches[0]?.(activation);
      if (holds !== true) branches[1]?.(activation);
    };
  }
  const binding = asBinding(node);
  const inner = binding ? new Set([...unknown, binding.variable]) : unknown;
  const parts = children.map((child) =>
    checkOf(child, binding?.body.includes(child) ? inner : unknown, compiler),
  );
  const deciding = decidingOperand(node, (pattern) => compiler.compilePattern(pattern));
  if (deciding !== undefined && isKnown(deciding.node, unknown)) parts.push(operandCheck(deciding, compiler));
  return (activation) => {
    for (const part of parts) part(activation);
  };
}

/** An operand that is known may decide the chain, and then no other one matters. */
function chainCheck(
  op: '&&' | '||',
  operands: readonly CelNode[],
  unknown: ReadonlySet<string>,
  compiler: ExpressionCompiler,
): Check {
  const deciding = op === '||';
  const known = operands.filter((one) => isKnown(one, unknown)).map((one) => compiler.compileNode(one));
  const checks = operands.map((one) => checkOf(one, unknown, compiler));
  return (activation) => {
    if (known.some((expression) => attempt(() => expression(activation)) === deciding)) return;
    for (const check of checks) check(activation);
  };
}

function evaluationCheck(node: CelNode, compiler: ExpressionCompiler): Check {
  const expression = compiler.compileNode(node);
  return refusing(node, expression);
}

function operandCheck({ node, check }: DecidingOperand, compiler: ExpressionCompiler): Check {
  const expression = compiler.compileNode(node);
  return refusing(node, (activation) => check(expression(activation)));
}

/** Turns a failure into the caller's error, unless it comes of something absent. */
function refusing(node: CelNode, work: (activation: Activation) => unknown): Check {
  const reads = readsOf(node);
  return (activation) => {
    if (lacks(activation.args, reads.get('args')) || lacks(activation.claims, reads.get('claims'))) return;
    try {
      work(activation);
    } catch (cause) {
      throw new MillraceError('BAD_REQUEST', `${print(node)} is invalid: ${reasonOf(cause)}`, { cause });
    }
  };
}

function lacks(given: Readonly<Record<string, unknown>>, reads: Reads | undefined): boolean {
  if (reads === undefined || reads === 'all') return false;
  return [...reads].some((name) => (own(given, name) ?? null) === null);
}

function isKnown(node: CelNode, unknown: ReadonlySet<string>): boolean {
  return ![...readsOf(node).keys()].some((variable) => unknown.has(variable));
}

/** Reading alone is not a mistake. */
function isRead(node: CelNode): boolean {
  if (asLiteral(node) !== undefined || asIdentifier(node) !== undefined) return true;
  const selection = asFieldSelection(node);
  return selection !== undefined && isRead(selection.operand);
}

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch {
    // `refusing` says what is wrong with it, if it matters.
    return undefined;
  }
}
