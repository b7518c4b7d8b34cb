import { nameList } from '../diagnostic.js';
import { asBinding, asCall, asFieldSelection, asIdentifier, type CelNode, childrenOf } from './ast.js';
import { withSchemaNames } from './cel-types.js';
import type { ExpressionError } from './constant-errors.js';
import type { UnguardedRead } from './nullability.js';
import { print } from './print.js';
import { celTypeOfScalar, type Scope } from './scope.js';

/** An error of CEL's type-checker. */
export interface CheckError {
  readonly code?: string | undefined;
  readonly summary?: string;
  readonly message?: string;
  readonly range?: { readonly start: number } | undefined;
}

/** Explains an error of CEL's type-checker in the schema's terms. */
export function explainCheckError(
  ast: CelNode,
  error: CheckError | undefined,
  scope: Scope,
  variables: readonly string[],
): ExpressionError {
  const start = error?.range?.start ?? 0;
  const summary = withSchemaNames(error?.summary ?? error?.message ?? '');
  switch (error?.code) {
    case 'unknown_variable': {
      const name = summary.replace('Unknown variable: ', '');
      return {
        start,
        problem: `Unknown variable ${name}.`,
        hint: `Available variables: ${nameList(variables)}.${name === 'record' ? WHERE_RECORDS_ARE : ''}`,
      };
    }
    case 'no_such_key': {
      const field = summary.replace('No such key: ', '');
      const unknown = findUnknownField(ast, scope, (node) => asFieldSelection(node)?.field === field);
      if (unknown !== undefined) return { ...unknown, start };
      break;
    }
    case 'no_such_overload':
    case 'no_matching_overload': {
      const overload = summary
        .replace('no such overload: ', '')
        .replace(/^found no matching overload for /, '');
      return { start, problem: `No operator or function matches ${overload}.`, hint: overloadHint(overload) };
    }
  }
  const hint = NULL_BRANCH.test(summary) ? 'Write dyn(null) for null.' : undefined;
  return { start, problem: `The expression does not type-check: ${summary}.`, hint };
}

const WHERE_RECORDS_ARE =
  ' A record is known in the filter and the rule of a Subscription field, and in @topic(event:).';

const NULL_BRANCH = /^Ternary branches .*'null'/;

function overloadHint(overload: string): string {
  if (!/\btimestamp\b/.test(overload))
    return 'Convert one of the values, for example with string(), int() or double().';
  if (/^'/.test(overload)) return 'A DateTime is a timestamp. string() makes a text of it.';
  return "A DateTime is a timestamp. Write timestamp() around a text, such as timestamp('2026-01-31T09:30:00Z').";
}

/** CEL accepts `has(args.x)` for every x. For a field that never exists it is a typo, and always false. */
export function findUnknownInHas(ast: CelNode, scope: Scope): ExpressionError | undefined {
  return findUnknownField(ast, scope, (node, parent) => {
    const call = parent && asCall(parent);
    return call?.name === 'has' && call.receiver === undefined && call.operands.includes(node);
  });
}

/** The first selection of a field that the schema does not have, among those that `concerns` accepts. */
function findUnknownField(
  node: CelNode,
  scope: Scope,
  concerns: (node: CelNode, parent: CelNode | undefined) => boolean,
  parent?: CelNode,
): ExpressionError | undefined {
  const binding = asBinding(node);
  const inner = binding && scope.bind(binding);
  for (const child of childrenOf(node)) {
    const isBody = inner !== undefined && binding?.body.includes(child) === true;
    const found = findUnknownField(child, isBody ? inner : scope, concerns, node);
    if (found !== undefined) return found;
  }
  const selection = asFieldSelection(node);
  const fields = selection && scope.fieldsOf(selection.operand);
  if (selection === undefined || fields === undefined || fields.has(selection.field)) return undefined;
  if (!concerns(node, parent)) return undefined;
  const problem = `${print(selection.operand)} has no field ${selection.field}.`;
  return { start: node.start, problem, hint: `Its fields: ${nameList(fields.keys())}.` };
}

/** What to write instead of reads that may be null. */
export function explainUnguarded(
  reads: readonly UnguardedRead[],
  scope: Scope,
  isCondition: boolean,
): ExpressionError | undefined {
  const [first] = reads.toSorted((a, b) => a.node.start - b.node.start);
  if (first === undefined) return undefined;
  const { node, condition } = first;
  const guards = reads.filter((read) => read.condition === condition).map((read) => guardOf(read.node));
  const guard = [...new Set(guards)].join(' && ');
  const text = ['||', '?:'].includes(condition.op) ? `(${print(condition)})` : print(condition);
  return {
    start: node.start,
    problem: `${print(node)} may be null or absent, and has no value here then.`,
    hint:
      isCondition && !isOtherThanBool(condition, scope)
        ? `Write ${guard} && ${text}.`
        : `Write ${guard} ? ${text} : … with a value for that case.`,
  };
}

/** Such as a branch of `? :` that is a number. */
function isOtherThanBool(node: CelNode, scope: Scope): boolean {
  const type = scope.typeOf(node);
  const celType = type && celTypeOfScalar(type);
  return celType !== undefined && celType !== 'bool' && celType !== 'dyn';
}

function guardOf(node: CelNode): string {
  const { operand } = node.op === '.' ? (asFieldSelection(node) ?? {}) : {};
  // `has` takes selections of variables only.
  return operand !== undefined && isChain(operand) ? `has(${print(node)})` : `${print(node)} != null`;
}

function isChain(node: CelNode): boolean {
  if (asIdentifier(node) !== undefined) return true;
  const selection = node.op === '.' ? asFieldSelection(node) : undefined;
  return selection !== undefined && isChain(selection.operand);
}
