import { EvaluationError } from '@marcbachmann/cel-js';
import { MillraceError, messageOf } from '../../core/errors.js';
import { type KeyFormat, KeyFormatError, subjectOfValue } from '../../core/key-format.js';
import { own } from '../../core/own.js';
import type { Activation, AuthRule, Expression } from '../bindings.js';
import { isCelNode } from './ast.js';
import { fromCel } from './cel-values.js';
import type { CompiledExpression } from './compiler.js';
import { readsOf } from './reads.js';
import { readsRecord } from './record-reads.js';

/** A filter that has no value for an event. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
  /** Whether what failed reads the caller's arguments or claims, or nothing but the event. */
  readonly fault: 'caller' | 'event';

  constructor(message: string, fault: 'caller' | 'event', cause: unknown) {
    super(message, { cause });
    this.fault = fault;
  }
}

/**
 * Evaluates to an event's key, as its topic declares how keys read. Without a declaration, an integer becomes its
 * decimal text.
 * @param textArgument the argument that the expression is nothing but. Its text is the value, and is not evaluated. Hot
 *   path (bench: mutations)
 * @throws {MillraceError} BAD_REQUEST when it fails, is neither a non-empty string nor an integer, or is not a key of the
 *   topic
 */
export function keyExpression(
  compiled: CompiledExpression,
  format?: KeyFormat,
  textArgument?: string,
): Expression<string> {
  return (activation) => {
    const text = textArgument === undefined ? undefined : own(activation.args, textArgument);
    const value = typeof text === 'string' ? text : fromCel(evaluate(compiled, activation));
    const isKey = (typeof value === 'string' && value !== '') || typeof value === 'bigint';
    if (isKey || (typeof value === 'number' && Number.isSafeInteger(value)))
      return subjectOf(compiled, value, format);
    throw new MillraceError('BAD_REQUEST', `The key ${compiled.source} has no value for these arguments`);
  };
}

function subjectOf(
  { source }: CompiledExpression,
  value: string | bigint | number,
  format: KeyFormat | undefined,
): string {
  try {
    return subjectOfValue(format, value);
  } catch (cause) {
    if (!(cause instanceof KeyFormatError)) throw cause;
    throw new MillraceError('BAD_REQUEST', `The key ${source} is not a key of its topic: ${cause.message}.`, {
      cause,
    });
  }
}

/**
 * Evaluates to a map, as a JSON object.
 * @throws {MillraceError} BAD_REQUEST when it fails, or is not a map
 */
export function mapExpression(compiled: CompiledExpression): Expression<Readonly<Record<string, unknown>>> {
  return (activation) => {
    const value = fromCel(evaluate(compiled, activation));
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new MillraceError('BAD_REQUEST', `${compiled.source} is not a map for these arguments`);
    return Object.fromEntries(Object.entries(value));
  };
}

/**
 * Evaluates a filter. A failure is an error rather than `false`: an event that a filter cannot decide must
 * not silently be left out (D10).
 * @throws {FilterError} when it fails, or is not a bool
 */
export function filterExpression(compiled: CompiledExpression): Expression<boolean> {
  return (activation) => {
    let value: unknown;
    try {
      value = compiled.evaluate(activation);
    } catch (cause) {
      throw new FilterError(failureOf(compiled, cause), faultOf(cause), cause);
    }
    if (typeof value === 'boolean') return value;
    throw new FilterError(`${compiled.source} is not a bool`, 'event', undefined);
  };
}

/** Evaluates a rule of `@auth`. Never throws: a rule that fails does not allow access. */
export function authRule(compiled: CompiledExpression): AuthRule {
  return {
    readsEvent: compiled.reads.has('event') || readsRecord(compiled.ast),
    readsData: compiled.reads.has('event'),
    allows(activation) {
      try {
        return compiled.evaluate(activation) === true;
      } catch {
        // Usually a claim that the caller lacks. The caller gets FORBIDDEN.
        return false;
      }
    },
  };
}

/** The reason of a failure, in words. */
export function reasonOf(cause: unknown): string {
  // cel-js draws the position into `message`; `summary` is the plain text.
  return cause instanceof Error && 'summary' in cause ? String(cause.summary) : messageOf(cause);
}

/** S4: an operation that a caller's values take part in failed because of them, as far as anybody can tell. */
function faultOf(cause: unknown): FilterError['fault'] {
  if (!(cause instanceof EvaluationError) || !isCelNode(cause.node)) return 'event';
  const reads = readsOf(cause.node);
  return reads.has('args') || reads.has('claims') ? 'caller' : 'event';
}

/** Arguments and claims belong to the request, so a failure is the caller's fault. */
function evaluate(compiled: CompiledExpression, activation: Activation): unknown {
  try {
    return compiled.evaluate(activation);
  } catch (cause) {
    throw new MillraceError('BAD_REQUEST', failureOf(compiled, cause), { cause });
  }
}

function failureOf({ source }: CompiledExpression, cause: unknown): string {
  return `${source} has no value: ${reasonOf(cause)}`;
}
