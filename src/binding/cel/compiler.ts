import type { Environment } from '@marcbachmann/cel-js';
import type { StringValueNode } from 'graphql';
import { messageOf } from '../../core/errors.js';
import type { Activation, Expression } from '../bindings.js';
import type { Diagnostics } from '../diagnostic.js';
import type { CelNode } from './ast.js';
import { CelTypes, reachesDecimal, withSchemaNames } from './cel-types.js';
import { explainCheckError, explainUnguarded, findUnknownInHas } from './check-errors.js';
import { type Constants, type ExpressionError, findConstantError, NO_OPTIONALS } from './constant-errors.js';
import {
  forEvaluation,
  forRecords,
  newCheckingEnvironment,
  newEvaluationEnvironment,
} from './environment.js';
import { jsonToCel, Message, MessageType } from './message.js';
import { unguardedReads } from './nullability.js';
import { type Reads, readsOf } from './reads.js';
import { findUnnamedMetadata } from './record-reads.js';
import { RegularExpressions } from './regular-expressions.js';
import { Scope } from './scope.js';
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
  /** Whether a null is an error. Callers get an error of their own for a key or a map that is null. */
  readonly isRequired: boolean;
}

export const RESULT_TYPES = {
  BOOL: { celTypes: /^(bool|dyn)$/, hint: 'Write an expression of type bool.', isRequired: true },
  KEY: {
    celTypes: /^(string|int|dyn)$/,
    hint: 'Write an expression of type string or Int.',
    isRequired: false,
  },
  MAP: { celTypes: /^(map\b.*|dyn)$/, hint: 'Write an expression of type map.', isRequired: false },
  TEXT: { celTypes: /^(string|dyn)$/, hint: 'Write an expression of type string.', isRequired: false },
  ID: {
    celTypes: /^(string|int|double|dyn)$/,
    hint: 'Write an expression of type string or int.',
    isRequired: false,
  },
  TIME: {
    celTypes: /^(google\.protobuf\.Timestamp|string|int|double|dyn)$/,
    hint: 'Write a timestamp, a text of RFC 3339, or the milliseconds since 1970.',
    isRequired: false,
  },
} as const satisfies Readonly<Record<string, ResultType>>;

/** The variables of expressions that the schema describes. */
export type Variables = Readonly<Partial<Record<'args' | 'event' | 'record', Shape>>>;

/** Compiles expressions over the same variables: type-checked with the schema's types, and evaluated without. */
export class ExpressionCompiler {
  readonly #diagnostics: Diagnostics;
  readonly #checking: Environment;
  readonly #evaluation: Environment;
  readonly #scope: Scope;
  readonly #variables: readonly string[];
  readonly #patterns = new RegularExpressions();
  readonly #constants: Constants;
  readonly #messages: ReadonlyMap<string, Converted>;
  readonly #claims = new Converted((claims) => jsonToCel(claims));
  /** Whether expressions are over a record as it was read. No schema describes its JSON, so nothing needs a guard. */
  readonly #isOfRecords: boolean;
  readonly #textOf: (node: CelNode) => string;

  /** @param variables a caller's expressions have `args`; they have `claims` as well */
  constructor(variables: Variables, diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
    this.#isOfRecords = variables.args === undefined;
    this.#textOf = this.#isOfRecords ? forRecords : forEvaluation;
    const shapes = new Map(Object.entries(variables));
    const needs = { hasDecimals: [...shapes.values()].some((shape) => reachesDecimal(shape)) };
    this.#checking = newCheckingEnvironment(needs);
    if (!this.#isOfRecords) this.#checking.registerVariable('claims', 'map');
    const types = new CelTypes(this.#checking);
    for (const [name, shape] of shapes) this.#checking.registerVariable(name, types.declare(name, shape));
    this.#variables = this.#isOfRecords ? [...shapes.keys()] : ['claims', ...shapes.keys()];
    this.#evaluation = newEvaluationEnvironment(this.#variables, this.#patterns, needs);
    this.#scope = Scope.of(shapes);
    this.#constants = {
      evaluate: (node) => this.#evaluation.evaluate(this.#textOf(node)),
      compilePattern: (pattern) => this.#patterns.compile(pattern),
    };
    this.#messages = new Map(
      [...shapes].map(([name, shape]) => {
        const type = new MessageType(shape);
        return [name, new Converted((data) => new Message(type, data, name))];
      }),
    );
  }

  /** Compiles an expression. `undefined`: it is invalid, and a diagnostic says why. */
  compile(node: StringValueNode, resultType: ResultType): CompiledExpression | undefined {
    const source = node.value;
    const checked = this.#check(source, resultType);
    if (isError(checked)) {
      this.#diagnostics.inString(node, checked.start, checked.problem, checked.hint);
      return undefined;
    }
    return { source, ast: checked, reads: readsOf(checked), evaluate: this.compileNode(checked) };
  }

  /** Compiles one node of an expression of this compiler by itself. */
  compileNode(node: CelNode): Expression<unknown> {
    const parsed = this.#evaluation.parse(this.#textOf(node));
    if (this.#isOfRecords) return ({ record }) => parsed({ record });
    const reads = readsOf(node);
    // Not converted where they are not read: filters are evaluated for every event.
    const [claims, args, event, record] = ['claims', 'args', 'event', 'record'].map((name) =>
      reads.has(name),
    );
    return (activation) =>
      parsed({
        claims: claims ? this.#claims.of(activation.claims) : undefined,
        args: args ? this.#messages.get('args')?.of(activation.args) : undefined,
        event: event ? this.#messages.get('event')?.of(activation.event ?? {}) : undefined,
        record: record ? this.#messages.get('record')?.of(activation.record ?? {}) : undefined,
      });
  }

  /** @throws {EvaluationError} when the pattern is invalid in RE2 */
  compilePattern(pattern: unknown): void {
    this.#patterns.compile(pattern);
  }

  /** Parses, and finds every error that shows without an event. */
  #check(source: string, { celTypes, hint, isRequired }: ResultType): CelNode | ExpressionError {
    let ast: CelNode;
    try {
      ast = this.#checking.parse(source).ast;
    } catch (error) {
      return parseError(error, source);
    }
    const scope = this.#scope;
    const { valid, type = '', error } = this.#checking.check(source);
    if (!valid) return explainCheckError(ast, error, scope, this.#variables);
    const found =
      findUnknownInHas(ast, scope) ??
      (this.#isOfRecords ? undefined : findUnnamedMetadata(ast)) ??
      findConstantError(ast, scope, this.#constants);
    if (found !== undefined) return found;
    if (celTypes.test(type) && this.#isOfRecords) return ast;
    if (celTypes.test(type))
      return explainUnguarded(unguardedReads(ast, scope, isRequired), scope, isRequired) ?? ast;
    const problem = `The expression ${source} has type ${withSchemaNames(type)}.`;
    return {
      start: 0,
      problem,
      hint: TIMESTAMP.test(type) ? `${hint} string() makes a text of a DateTime.` : hint,
    };
  }
}

const TIMESTAMP = /^google\.protobuf\.Timestamp$/;

const isError = (checked: CelNode | ExpressionError): checked is ExpressionError => 'problem' in checked;

/** `in` is an operator, and GraphQL allows it as the name of a field. */
const KEYWORD = /Expected IDENTIFIER, got (IN|NULL|BOOLEAN)\b/;

export function parseError(error: unknown, source: string): ExpressionError {
  const { summary, range } = error as { summary?: string; range?: { start: number } }; // Only read: cel-js's errors have both.
  const reason = summary ?? messageOf(error);
  const start = range?.start ?? 0;
  if (/QUESTION/.test(reason) && /\.\?|\[\?/.test(source)) return { start, ...NO_OPTIONALS };
  const hint = KEYWORD.test(reason)
    ? "Write a field of such a name as ['in'], and != null instead of has()."
    : undefined;
  return { start, problem: `Invalid CEL expression: ${reason}.`, hint };
}

/** Objects as CEL values, each converted once: the event of all cohorts, and the arguments and claims of all events. */
class Converted {
  readonly #convert: (value: object) => unknown;
  readonly #known = new WeakMap<object, unknown>();

  constructor(convert: (value: object) => unknown) {
    this.#convert = convert;
  }

  of(value: object): unknown {
    let known = this.#known.get(value);
    if (known === undefined) {
      known = this.#convert(value);
      this.#known.set(value, known);
    }
    return known;
  }
}
