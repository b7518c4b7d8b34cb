import {
  asBinding,
  asCall,
  asFieldSelection,
  asLiteral,
  type CelNode,
  childrenOf,
  operandsOf,
} from './ast.js';
import { allows, both, either, type Facts, NOTHING } from './facts.js';
import type { Scope } from './scope.js';

/** A read of a value that may be null, where null is an error. */
export interface UnguardedRead {
  readonly node: CelNode;
  readonly path: string;
  /** The smallest condition that it is part of, which a guard belongs in front of. */
  readonly condition: CelNode;
}

/** What one node needs to have a value, and what its value tells. */
interface Flow {
  /** By path: what must not be null. */
  readonly needs: ReadonlyMap<string, UnguardedRead>;
  readonly whenTrue: Facts;
  readonly whenFalse: Facts;
}

const FREE: Flow = { needs: new Map(), whenTrue: NOTHING, whenFalse: NOTHING };
/** Functions that take a null. */
const NULL_FUNCTIONS: ReadonlySet<string> = new Set(['dyn', 'type']);

/**
 * The reads of values that may be null in places where null is an error: `event.price > 10` is one, and
 * `has(event.price) && event.price > 10` is none. Follows CEL: `&&` and `||` have a value when one operand decides it,
 * in whichever order they are written.
 *
 * Works from the leaves up, and visits each node once: what a node needs does not depend on where it stands.
 */
export function unguardedReads(root: CelNode, scope: Scope, isRequired: boolean): readonly UnguardedRead[] {
  return [...flowOf(root, { scope, condition: root, isRequired }).needs.values()];
}

interface FlowContext {
  readonly scope: Scope;
  readonly condition: CelNode;
  /** Whether null is an error here. */
  readonly isRequired: boolean;
}

function flowOf(node: CelNode, context: FlowContext): Flow {
  const { scope } = context;
  const required: FlowContext = { ...context, isRequired: true };
  const optional: FlowContext = { ...context, isRequired: false };
  const path = scope.pathOf(node);
  if (path !== undefined) return readFlow(node, path, context);
  switch (node.op) {
    case 'value':
      return {
        ...FREE,
        whenTrue: node.args === false ? 'never' : NOTHING,
        whenFalse: node.args === true ? 'never' : NOTHING,
      };
    case '&&':
    case '||':
      return chainFlow(node.op, operandsOf(node.op, node), context);
    case '!_': {
      const [operand] = flowsOf(childrenOf(node), required);
      const { needs, whenTrue, whenFalse } = operand ?? FREE;
      return { needs, whenTrue: whenFalse, whenFalse: whenTrue };
    }
    case '?:':
      return ternaryFlow(node, context);
    case '==':
    case '!=': {
      const equal = equalityFacts(node, scope);
      const needs = union(flowsOf(childrenOf(node), optional));
      return node.op === '=='
        ? { needs, whenTrue: equal.whenTrue, whenFalse: equal.whenFalse }
        : { needs, whenTrue: equal.whenFalse, whenFalse: equal.whenTrue };
    }
    case 'in': {
      const [element, list] = childrenOf(node);
      if (element === undefined || list === undefined) return FREE;
      // Its elements are only compared.
      const needs = union([flowOf(element, optional), flowOf(list, makesList(list) ? optional : required)]);
      return { ...FREE, needs, whenTrue: isNonNullList(list) ? pathFacts(element, scope) : NOTHING };
    }
    case 'list':
    case 'map':
      // Whatever needs a value here may read any element. If nothing does, a guard belongs to the one element.
      return {
        ...FREE,
        needs: union(
          childrenOf(node).map((one) => flowOf(one, context.isRequired ? context : branch(one, context))),
        ),
      };
    case 'call':
    case 'rcall':
      return callFlow(node, context);
    default:
      // Operators, and selections of what no path names.
      return { ...FREE, needs: union(flowsOf(childrenOf(node), required)) };
  }
}

const flowsOf = (nodes: readonly CelNode[], context: FlowContext): Flow[] =>
  nodes.map((node) => flowOf(node, context));

/** A selection such as `event.order.total`. Its operand must be there to be read. */
function readFlow(node: CelNode, path: string, context: FlowContext): Flow {
  const { scope, isRequired, condition } = context;
  const needs = new Map<string, UnguardedRead>();
  const [operand] = childrenOf(node);
  if (operand !== undefined)
    for (const need of flowOf(operand, { ...context, isRequired: true }).needs) needs.set(...need);
  if (isRequired && scope.isNullable(node)) needs.set(path, { node, path, condition });
  // A bool is not null.
  const facts: Facts = new Set([path]);
  return { needs, whenTrue: facts, whenFalse: facts };
}

/**
 * Operands of `&&` or `||`. One is evaluated safely if the others that are decide otherwise wherever it is not: in
 * `event.price > 10 && has(event.price)`, an error on the left does not matter when the right is false. So each operand
 * may rely on those before it in some order: first those that rely on nothing.
 */
function chainFlow(op: '&&' | '||', operands: readonly CelNode[], context: FlowContext): Flow {
  const flows = operands.map((condition) => flowOf(condition, { ...context, condition, isRequired: true }));
  const pending = new Set(flows);
  const needs = new Map<string, UnguardedRead>();
  let known: Facts = NOTHING;
  while (pending.size > 0) {
    const isSafe = ({ needs: own }: Flow): boolean => [...own.keys()].every((path) => allows(known, path));
    const next = [...pending].find(isSafe) ?? [...pending][0] ?? FREE;
    pending.delete(next);
    for (const [path, read] of next.needs)
      if (!allows(known, path) && !needs.has(path)) needs.set(path, read);
    known = both(known, op === '&&' ? next.whenTrue : next.whenFalse);
  }
  const decided = flows.map(op === '&&' ? ({ whenFalse }) => whenFalse : ({ whenTrue }) => whenTrue);
  const one = decided.reduce(either, 'never');
  return op === '&&'
    ? { needs, whenTrue: known, whenFalse: one }
    : { needs, whenTrue: one, whenFalse: known };
}

function ternaryFlow(node: CelNode, context: FlowContext): Flow {
  const [condition, first, second] = childrenOf(node);
  if (condition === undefined || first === undefined || second === undefined) return FREE;
  const test = flowOf(condition, { ...context, condition, isRequired: true });
  const [left, right] = [flowOf(first, branch(first, context)), flowOf(second, branch(second, context))];
  const needs = new Map([
    ...without(left.needs, test.whenTrue),
    ...without(right.needs, test.whenFalse),
    ...test.needs,
  ]);
  return {
    needs,
    whenTrue: either(both(test.whenTrue, left.whenTrue), both(test.whenFalse, right.whenTrue)),
    whenFalse: either(both(test.whenTrue, left.whenFalse), both(test.whenFalse, right.whenFalse)),
  };
}

const branch = (node: CelNode, context: FlowContext): FlowContext => ({ ...context, condition: node });

function callFlow(node: CelNode, context: FlowContext): Flow {
  const binding = asBinding(node);
  if (binding !== undefined) {
    const scope = context.scope.bind(binding);
    const isBind = binding.macro === 'bind';
    const range = flowOf(binding.range, { ...context, isRequired: !isBind });
    const body = binding.body.map((condition, index) => {
      const isResult = binding.macro === 'map' && index === binding.body.length - 1;
      const isRequired = isBind || isResult ? context.isRequired : true;
      return flowOf(condition, { scope, condition, isRequired });
    });
    const [first, second] = body;
    // `map(x, condition, result)`: the result is evaluated where the condition holds.
    const needs =
      second && first ? [first.needs, without(second.needs, first.whenTrue)] : [first?.needs ?? []];
    return { ...FREE, needs: new Map([...range.needs, ...needs.flatMap((own) => [...own])]) };
  }
  const { name, receiver, operands } = asCall(node) ?? { name: '', receiver: undefined, operands: [] };
  if (name === 'has' && receiver === undefined)
    return { ...FREE, whenTrue: presenceFacts(operands[0], context.scope) };
  const takesNull = receiver === undefined && NULL_FUNCTIONS.has(name);
  const isRequired = takesNull ? context.isRequired && name === 'dyn' : true;
  return { ...FREE, needs: union(flowsOf(childrenOf(node), { ...context, isRequired })) };
}

/** `has(a.b.c)` is true only when `a.b` is there too, and false rather than an error when it is not. */
function presenceFacts(selected: CelNode | undefined, scope: Scope): Facts {
  const paths = new Set<string>();
  for (let node = selected; node !== undefined; node = asFieldSelection(node)?.operand) {
    const path = scope.pathOf(node);
    if (path !== undefined) paths.add(path);
  }
  return paths;
}

/** What `a == b` tells: `path == null` when it is false, `path == 'text'` when it is true. */
function equalityFacts(node: CelNode, scope: Scope): Omit<Flow, 'needs'> {
  const [left, right] = childrenOf(node);
  if (left === undefined || right === undefined) return FREE;
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const literal = asLiteral(other);
    if (literal?.value === null) return { whenTrue: NOTHING, whenFalse: pathFacts(one, scope) };
    const isNonNull =
      literal !== undefined || (scope.typeOf(other) !== undefined && !scope.isNullable(other));
    if (isNonNull && scope.pathOf(one) !== undefined)
      return { whenTrue: pathFacts(one, scope), whenFalse: NOTHING };
  }
  return FREE;
}

function pathFacts(node: CelNode, scope: Scope): Facts {
  const path = scope.pathOf(node);
  return path === undefined ? NOTHING : new Set([path]);
}

/** Whether the node is a list that the expression itself makes, which is not null. */
const makesList = (node: CelNode): boolean => node.op === 'list' || asBinding(node)?.macro === 'map';

const isNonNullList = (node: CelNode): boolean =>
  node.op === 'list' && childrenOf(node).every((item) => (asLiteral(item)?.value ?? null) !== null);

function union(flows: readonly Flow[]): ReadonlyMap<string, UnguardedRead> {
  const all = new Map<string, UnguardedRead>();
  for (const { needs } of flows) for (const [path, read] of needs) if (!all.has(path)) all.set(path, read);
  return all;
}

function without(needs: Flow['needs'], facts: Facts): [string, UnguardedRead][] {
  return [...needs].filter(([path]) => !allows(facts, path));
}
