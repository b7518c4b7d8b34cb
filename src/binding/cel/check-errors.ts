import { nameList } from '../diagnostic.js';
import { asFieldSelection, type CelNode, childrenOf } from './ast.js';
import { type CelTypes, withSchemaNames } from './cel-types.js';

/** An error in an expression. `start` is the index of its first character. */
interface ExpressionError {
  readonly start: number;
  readonly problem: string;
  readonly hint: string | undefined;
}

/** An error of CEL's type-checker. */
interface CheckError {
  readonly code?: string | undefined;
  readonly summary?: string;
  readonly range?: { readonly start: number } | undefined;
}

/** Explains the errors of CEL's type-checker in the schema's terms, and finds one that it does not report. */
export class CheckErrors {
  readonly #types: CelTypes;
  readonly #variables: readonly string[];

  constructor(types: CelTypes, variables: readonly string[]) {
    this.#types = types;
    this.#variables = variables;
  }

  explain(source: string, ast: CelNode, error: CheckError | undefined): ExpressionError {
    const start = error?.range?.start ?? 0;
    const summary = withSchemaNames(error?.summary ?? '');
    if (error?.code === 'unknown_variable') {
      const name = summary.replace('Unknown variable: ', '');
      const hint = `Available variables: ${nameList(this.#variables)}.`;
      return { start, problem: `Unknown variable ${name}.`, hint };
    }
    if (error?.code === 'no_such_key') {
      const node = findSelection(ast, start, summary.replace('No such key: ', ''));
      if (node) return { start, ...this.#unknownField(source, node) };
    }
    if (error?.code === 'no_such_overload') {
      const overload = summary.replace('no such overload: ', '');
      const hint = 'Convert one of the values, for example with string(), int() or double().';
      return { start, problem: `No operator or function matches ${overload}.`, hint };
    }
    return { start, problem: `The expression does not type-check: ${summary}.`, hint: undefined };
  }

  /** CEL accepts `has(args.x)` for every x. For a field that never exists it is a typo, and always false. */
  findUnknownInHas(source: string, node: CelNode): ExpressionError | undefined {
    if (node.op === 'call' && Array.isArray(node.args) && node.args[0] === 'has') {
      for (const argument of childrenOf(node)) {
        const { error } = this.#types.environment.check(source.slice(argument.start, argument.end));
        if (error?.code !== 'no_such_key') continue;
        return { start: argument.start, ...this.#unknownField(source, argument) };
      }
    }
    for (const child of childrenOf(node)) {
      const error = this.findUnknownInHas(source, child);
      if (error) return error;
    }
    return undefined;
  }

  #unknownField(source: string, node: CelNode): { problem: string; hint: string } {
    const selection = asFieldSelection(node);
    const operand = selection ? source.slice(selection.operand.start, selection.operand.end) : source;
    const { type = '' } = this.#types.environment.check(operand);
    const field = selection?.field ?? source.slice(node.start, node.end);
    return {
      problem: `${operand} has no field ${field}.`,
      hint: `Its fields: ${nameList(this.#types.fieldsOf(type) ?? [])}.`,
    };
  }
}

/** The selection of `field` at CEL's position, which is its start or that of the field's name. */
function findSelection(node: CelNode, position: number, field: string): CelNode | undefined {
  for (const child of childrenOf(node)) {
    const found = findSelection(child, position, field);
    if (found) return found;
  }
  const isHere = node.start <= position && position <= node.end;
  return isHere && asFieldSelection(node)?.field === field ? node : undefined;
}
