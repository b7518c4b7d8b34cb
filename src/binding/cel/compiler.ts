import { Environment, ParseError } from '@marcbachmann/cel-js';
import type { StringValueNode } from 'graphql';
import { MillraceError } from '../../core/errors.js';
import type { Activation, AuthRule, Expression } from '../bindings.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import { CelTypes, fieldsToCel, fromCel, inSchemaNames, type Shape } from './cel-types.js';
import { asFieldSelection, type CelNode, childrenOf, type Reads, readsOf } from './reads.js';

/** A parsed and checked CEL expression. */
export interface CompiledExpression {
  readonly source: string;
  readonly tree: CelNode;
  readonly reads: ReadonlyMap<string, Reads>;
  /** @throws when a value is missing or of another type than the operation wants */
  evaluate(scope: Activation): unknown;
}

/** S4: CEL bounds an expression by its size and depth; what it works on, `MAX_SUBSCRIPTION_CHARS` and the size of events do. */
const OPTIONS = {
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 2_000, maxDepth: 50 },
} as const;

/** Comparisons that CEL lacks for typed values, and GraphQL's numbers and optional values need. */
function withComparisons(environment: Environment): Environment {
  for (const type of ['int', 'double', 'string', 'bool', 'list'])
    environment.registerOperator(`${type} == null`, (a: unknown, b: unknown) => a === b);
  // Either way round: CEL registers the mirror image too.
  environment.registerOperator('int == double', (a: unknown, b: unknown) => Number(a) === Number(b));
  return environment;
}

/**
 * Compiles the expressions of one field. They are checked with the schema's types, and run with the
 * values' own: a value that is null, or that a producer got wrong, must not crash in a typed read.
 */
export class ExpressionCompiler {
  readonly #types: CelTypes;
  readonly #run: Environment;
  readonly #shapes: ReadonlyMap<string, Shape>;

  constructor(
    readonly args: Shape,
    readonly event: Shape | undefined,
    private readonly diagnostics: Diagnostics,
  ) {
    const check = withComparisons(new Environment(OPTIONS));
    this.#run = withComparisons(new Environment(OPTIONS));
    this.#types = new CelTypes(check);
    this.#shapes = new Map(event ? [['args', args] as const, ['event', event] as const] : [['args', args]]);
    for (const [name, shape] of this.#shapes) {
      check.registerVariable(name, this.#types.declare(name, shape));
      this.#run.registerVariable(name, 'dyn');
    }
    check.registerVariable('claims', 'map');
    this.#run.registerVariable('claims', 'dyn');
  }

  /** Compiles an expression whose type is one of `wanted`. `undefined`: it has diagnostics, which were added. */
  compile(
    node: StringValueNode,
    wanted: { readonly types: RegExp; readonly says: string },
  ): CompiledExpression | undefined {
    const source = node.value;
    const environment = this.#types.environment;
    let tree: CelNode;
    try {
      tree = environment.parse(source).ast;
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      this.diagnostics.within(node, error.range?.start ?? 0, error.summary, 'a CEL expression');
      return undefined;
    }
    const { valid, type = '', error } = environment.check(source);
    if (!valid) {
      const start = error?.range?.start ?? 0;
      const [found, expected] = this.#words(source, tree, error?.code, error?.summary ?? '', start);
      this.diagnostics.within(node, start, found, expected);
      return undefined;
    }
    const absent = this.#unknownInHas(source, tree);
    if (absent) {
      this.diagnostics.within(node, absent.start, absent.found, absent.expected);
      return undefined;
    }
    if (!wanted.types.test(type)) {
      this.diagnostics.within(node, 0, `${source}, which is ${inSchemaNames(type)}`, wanted.says);
      return undefined;
    }
    const parsed = this.#run.parse(source);
    const reads = readsOf(tree);
    return { source, tree, reads, evaluate: (scope) => parsed(this.#values(scope, reads)) };
  }

  /** A part of an expression that was compiled here, by itself. */
  part(source: string, node: CelNode): Expression<unknown> {
    const parsed = this.#run.parse(source.slice(node.start, node.end));
    const reads = readsOf(node);
    return (scope) => parsed(this.#values(scope, reads));
  }

  /** Only what is read is converted: filters run for each event. */
  #values(scope: Activation, reads: ReadonlyMap<string, Reads>): Record<string, unknown> {
    const values: Record<string, unknown> = { claims: scope.claims };
    for (const [name, shape] of this.#shapes) {
      const read = reads.get(name);
      if (read === undefined) continue;
      const value = name === 'args' ? scope.args : (scope.event ?? {});
      values[name] = fieldsToCel(shape, value, read === 'all' ? undefined : read);
    }
    return values;
  }

  #words(
    source: string,
    tree: CelNode,
    code: string | undefined,
    summary: string,
    start: number,
  ): [string, string] {
    const said = inSchemaNames(summary);
    if (code === 'unknown_variable')
      return [said.replace('Unknown variable: ', ''), `${nameList(['claims', ...this.#shapes.keys()])}`];
    if (code === 'no_such_key') {
      const member = findMember(tree, start, said.replace('No such key: ', ''));
      if (member) return this.#unknownName(source, member);
    }
    if (code === 'no_such_overload')
      return [said.replace('no such overload: ', ''), 'values of types that this can be done with'];
    return [said, 'an expression that fits the schema'];
  }

  #unknownName(source: string, node: CelNode): [string, string] {
    const owner = asFieldSelection(node)?.[0];
    const text = owner ? source.slice(owner.start, owner.end) : source;
    const { type = '' } = this.#types.environment.check(text);
    return [source.slice(node.start, node.end), `${text} has ${nameList(this.#types.fieldsOf(type) ?? [])}`];
  }

  /** CEL takes `has(args.x)` for any x; here a name that never is there is a mistake. */
  #unknownInHas(
    source: string,
    tree: CelNode,
  ): { start: number; found: string; expected: string } | undefined {
    if (tree.op === 'call' && Array.isArray(tree.args) && tree.args[0] === 'has') {
      for (const argument of childrenOf(tree)) {
        const { error } = this.#types.environment.check(source.slice(argument.start, argument.end));
        if (error?.code !== 'no_such_key') continue;
        const [found, expected] = this.#unknownName(source, argument);
        return { start: argument.start, found, expected };
      }
    }
    for (const child of childrenOf(tree)) {
      const absent = this.#unknownInHas(source, child);
      if (absent) return absent;
    }
    return undefined;
  }
}

/** The access to `name` whose place CEL gave: where its name begins, or where it begins itself. */
function findMember(node: CelNode, at: number, name: string): CelNode | undefined {
  for (const child of childrenOf(node)) {
    const found = findMember(child, at, name);
    if (found) return found;
  }
  return asFieldSelection(node)?.[1] === name && node.start <= at && at <= node.end ? node : undefined;
}

const BOOL = { types: /^(bool|dyn)$/, says: 'an expression that is a bool' };
const KEY = { types: /^(string|int|dyn)$/, says: 'an expression that is a string or an Int' };
const MAP = { types: /^(map\b.*|dyn)$/, says: 'an expression that is a map' };

/** The string of a key. @throws {MillraceError} BAD_REQUEST when there is none at run time */
export function keyExpression(compiled: CompiledExpression): Expression<string> {
  return (scope) => {
    const value = fromCel(attempt(compiled, scope));
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
    throw new MillraceError('BAD_REQUEST', `The key ${compiled.source} has no value for these arguments`);
  };
}

function attempt(compiled: CompiledExpression, scope: Activation): unknown {
  try {
    return compiled.evaluate(scope);
  } catch (cause) {
    throw new MillraceError('BAD_REQUEST', `${compiled.source} has no value: ${reasonOf(cause)}`, { cause });
  }
}

/** What CEL says, without the picture of the place. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error && 'summary' in cause ? String(cause.summary) : String(cause);
}

/** What a map says, as JSON. @throws {MillraceError} BAD_REQUEST when it cannot be made at run time */
export function mapExpression(compiled: CompiledExpression): Expression<Readonly<Record<string, unknown>>> {
  return (scope) => {
    const value = fromCel(attempt(compiled, scope));
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new MillraceError('BAD_REQUEST', `${compiled.source} is not a map for these arguments`);
    return Object.fromEntries(Object.entries(value));
  };
}

export function filterExpression(compiled: CompiledExpression): Expression<boolean> {
  return (scope) => {
    let value: unknown;
    try {
      value = compiled.evaluate(scope);
    } catch (cause) {
      throw new Error(`${compiled.source} has no value: ${reasonOf(cause)}`, { cause });
    }
    if (typeof value === 'boolean') return value;
    throw new TypeError(`${compiled.source} is not a bool`);
  };
}

export function authRule(compiled: CompiledExpression): AuthRule {
  return {
    readsEvent: compiled.reads.has('event'),
    allows(scope) {
      try {
        return compiled.evaluate(scope) === true;
      } catch {
        // What a rule cannot decide, it does not allow: the caller is told FORBIDDEN.
        return false;
      }
    },
  };
}

/** The types that expressions may have, by use. */
export const RESULT_TYPES = { BOOL, KEY, MAP } as const;
