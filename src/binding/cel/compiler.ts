import { type Environment, ParseError } from '@marcbachmann/cel-js';
import type { StringValueNode } from 'graphql';
import type { Activation, Expression } from '../bindings.js';
import type { Diagnostics } from '../diagnostic.js';
import type { CelNode } from './ast.js';
import { CelTypes, withSchemaNames } from './cel-types.js';
import { fieldsToCel } from './cel-values.js';
import { CheckErrors } from './check-errors.js';
import { newEnvironment } from './environment.js';
import { type Reads, readsOf } from './reads.js';
import type { Shape } from './shape.js';

/** A parsed and type-checked CEL expression. */
export interface CompiledExpression {
  readonly source: string;
  readonly ast: CelNode;
  /** What it reads, by variable. */
  readonly reads: ReadonlyMap<string, Reads>;
  /** @throws when a value is absent at run time, or has another type than an operator or function takes */
  evaluate(activation: Activation): unknown;
}

/** The result type that an argument of a directive requires of its expression. */
interface ResultType {
  readonly celTypes: RegExp;
  readonly hint: string;
}

export const RESULT_TYPES = {
  BOOL: { celTypes: /^(bool|dyn)$/, hint: 'Write an expression of type bool.' },
  KEY: { celTypes: /^(string|int|dyn)$/, hint: 'Write an expression of type string or Int.' },
  MAP: { celTypes: /^(map\b.*|dyn)$/, hint: 'Write an expression of type map.' },
} as const satisfies Readonly<Record<string, ResultType>>;

/**
 * Compiles the expressions of one field. Two environments: expressions are type-checked with the schema's
 * types, and evaluated with every variable as `dyn`. With typed variables, cel-js would also enforce the
 * types of values at run time, and an event with a null or a wrong value would fail reads that the expression
 * guards.
 */
export class ExpressionCompiler {
  readonly #diagnostics: Diagnostics;
  readonly #types: CelTypes;
  readonly #errors: CheckErrors;
  readonly #evaluation: Environment;
  readonly #shapes: ReadonlyMap<string, Shape>;

  /** @param event the shape of `event`; `undefined`: the field's expressions have no such variable */
  constructor(args: Shape, event: Shape | undefined, diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
    const checking = newEnvironment();
    this.#evaluation = newEnvironment();
    this.#types = new CelTypes(checking);
    this.#shapes = new Map(event ? [['args', args] as const, ['event', event] as const] : [['args', args]]);
    for (const [name, shape] of this.#shapes) {
      checking.registerVariable(name, this.#types.declare(name, shape));
      this.#evaluation.registerVariable(name, 'dyn');
    }
    checking.registerVariable('claims', 'map');
    this.#evaluation.registerVariable('claims', 'dyn');
    this.#errors = new CheckErrors(this.#types, ['claims', ...this.#shapes.keys()]);
  }

  /** Compiles an expression. `undefined`: it is invalid, and a diagnostic says why. */
  compile(node: StringValueNode, resultType: ResultType): CompiledExpression | undefined {
    const source = node.value;
    const ast = this.#check(node, resultType);
    if (ast === undefined) return undefined;
    const parsed = this.#evaluation.parse(source);
    const reads = readsOf(ast);
    return { source, ast, reads, evaluate: (activation) => parsed(this.#variables(activation, reads)) };
  }

  /** Compiles one node of an expression of this compiler by itself. */
  compileNode(source: string, node: CelNode): Expression<unknown> {
    const parsed = this.#evaluation.parse(source.slice(node.start, node.end));
    const reads = readsOf(node);
    return (activation) => parsed(this.#variables(activation, reads));
  }

  /** Parses and type-checks. `undefined`: a diagnostic was added. */
  #check(node: StringValueNode, resultType: ResultType): CelNode | undefined {
    const source = node.value;
    const { environment } = this.#types;
    let ast: CelNode;
    try {
      ast = environment.parse(source).ast;
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      this.#diagnostics.inString(node, error.range?.start ?? 0, `Invalid CEL expression: ${error.summary}.`);
      return undefined;
    }
    const { valid, type = '', error } = environment.check(source);
    const found = valid
      ? this.#errors.findUnknownInHas(source, ast)
      : this.#errors.explain(source, ast, error);
    if (found !== undefined) {
      this.#diagnostics.inString(node, found.start, found.problem, found.hint);
      return undefined;
    }
    if (!resultType.celTypes.test(type)) {
      const problem = `The expression ${source} has type ${withSchemaNames(type)}.`;
      this.#diagnostics.inString(node, 0, problem, resultType.hint);
      return undefined;
    }
    return ast;
  }

  /** Converts only the fields that are read: filters are evaluated for every event. */
  #variables(activation: Activation, reads: ReadonlyMap<string, Reads>): Record<string, unknown> {
    const variables: Record<string, unknown> = { claims: activation.claims };
    for (const [name, shape] of this.#shapes) {
      const fields = reads.get(name);
      if (fields === undefined) continue;
      const value = name === 'args' ? activation.args : (activation.event ?? {});
      variables[name] = fieldsToCel(shape, value, fields === 'all' ? undefined : fields);
    }
    return variables;
  }
}
