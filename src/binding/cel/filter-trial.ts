import type { Activation, Expression, FilterTrial } from '../bindings.js';
import { type CelNode, childrenOf } from './ast.js';
import type { CompiledExpression, ExpressionCompiler } from './compiler.js';
import { FilterError, filterExpression } from './evaluation.js';
import { print } from './print.js';
import { readsOf } from './reads.js';

/** What is known of a condition without its caller: its value, or why it has none. */
type Known =
  | { readonly kind: 'value'; readonly value: boolean }
  /** It has a value, which depends on the caller. */
  | { readonly kind: 'either' }
  | { readonly kind: 'fails'; readonly fault: 'caller' | 'event'; readonly reason: string };

type Condition = (activation: Activation) => Known;

/**
 * Tries a filter on an event without a caller. The conditions that `&&`, `||`, `?:` and `!` connect are evaluated one by one: those
 * over the event alone have a value, which may decide the others away (CEL: `false && error` is `false`). Those that read
 * arguments or claims are evaluated with the samples in `activation`, to see that they evaluate at all; their value is nobody's.
 */
export function filterTrial(
  filter: CompiledExpression,
  compiler: ExpressionCompiler,
): (activation: Activation) => FilterTrial {
  let condition: Condition | undefined;
  return (activation) => {
    // Most filters are never tried.
    condition ??= conditionOf(filter.ast, compiler);
    const known = condition(activation);
    return known.kind === 'fails' ? { ok: false, fault: known.fault, reason: known.reason } : { ok: true };
  };
}

function conditionOf(node: CelNode, compiler: ExpressionCompiler): Condition {
  const children = childrenOf(node);
  if (node.op === '&&' || node.op === '||') {
    const deciding = node.op === '||';
    const parts = children.map((child) => conditionOf(child, compiler));
    return (activation) => chained(parts, deciding, activation);
  }
  const [first, second, third] = children;
  if (node.op === '!_' && first !== undefined) return negated(conditionOf(first, compiler));
  if (node.op === '?:' && first && second && third) {
    const [test, whenTrue, whenFalse] = [first, second, third].map((one) => conditionOf(one, compiler));
    if (test && whenTrue && whenFalse) return (activation) => chosen(test, whenTrue, whenFalse, activation);
  }
  return leaf(node, compiler);
}

function chained(parts: readonly Condition[], deciding: boolean, activation: Activation): Known {
  const known = parts.map((part) => part(activation));
  const decided = known.find((one) => one.kind === 'value' && one.value === deciding);
  // A failure of the event itself says more than one of the samples.
  const failures = known.filter((one) => one.kind === 'fails');
  const failure = failures.find(({ fault }) => fault === 'event') ?? failures[0];
  return decided ?? failure ?? known.find((one) => one.kind === 'either') ?? known[0] ?? { kind: 'either' };
}

function chosen(test: Condition, whenTrue: Condition, whenFalse: Condition, activation: Activation): Known {
  const tested = test(activation);
  if (tested.kind === 'fails') return tested;
  if (tested.kind === 'value') return (tested.value ? whenTrue : whenFalse)(activation);
  const branches = [whenTrue(activation), whenFalse(activation)];
  return branches.find((one) => one.kind === 'fails') ?? { kind: 'either' };
}

function negated(condition: Condition): Condition {
  return (activation) => {
    const known = condition(activation);
    return known.kind === 'value' ? { kind: 'value', value: !known.value } : known;
  };
}

function leaf(node: CelNode, compiler: ExpressionCompiler): Condition {
  const reads = readsOf(node);
  const compiled = { source: print(node), ast: node, reads, evaluate: compiler.compileNode(node) };
  const evaluate: Expression<boolean> = filterExpression(compiled);
  const isOfCaller = reads.has('args') || reads.has('claims');
  return (activation) => {
    try {
      const value = evaluate(activation);
      return isOfCaller ? { kind: 'either' } : { kind: 'value', value };
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      return { kind: 'fails', fault: error.fault, reason: error.message };
    }
  };
}
