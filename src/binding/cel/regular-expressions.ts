import { EvaluationError } from '@marcbachmann/cel-js';
import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';

/**
 * S4: a pattern may come from a client, and matching takes time in proportion to the size of its program times the
 * length of the text. `a{1000}` has a program of about 1,000 instructions.
 */
const MAX_PROGRAM_INSTRUCTIONS = 1_000;
/** S4: compiling takes time in proportion to the length of a pattern, and some patterns come from clients. */
const MAX_PATTERN_CHARS = 1_000;
const MAX_CACHED = 1_000;

/**
 * Compiles the patterns of `matches`, whose syntax is RE2's: a match takes linear time. Patterns that come with
 * arguments or events are compiled once for as long as they are among the last 1,000.
 */
export class RegularExpressions {
  readonly #compiled = new LRUCache<string, RE2JS>({ max: MAX_CACHED });

  /** @throws {EvaluationError} when the pattern is invalid, or too large */
  compile(pattern: unknown): RE2JS {
    if (typeof pattern !== 'string') throw invalid('the pattern is not a string');
    const known = this.#compiled.get(pattern);
    if (known !== undefined) return known;
    if (pattern.length > MAX_PATTERN_CHARS)
      throw invalid(`it is longer than ${MAX_PATTERN_CHARS} characters`);
    const compiled = parse(pattern);
    if (compiled.programSize() > MAX_PROGRAM_INSTRUCTIONS)
      throw invalid(`it compiles to more than ${MAX_PROGRAM_INSTRUCTIONS} instructions`);
    this.#compiled.set(pattern, compiled);
    return compiled;
  }

  /** `text.matches(pattern)`: whether any part of the text matches. */
  matches(text: unknown, pattern: unknown): boolean {
    if (typeof text !== 'string')
      throw new EvaluationError({ code: 'no_matching_overload', message: 'matches() takes a string' });
    return this.compile(pattern).test(text);
  }
}

function parse(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    const reason =
      cause instanceof Error ? cause.message.replace('error parsing regexp: ', '') : String(cause);
    throw invalid(reason);
  }
}

function invalid(reason: string): EvaluationError {
  return new EvaluationError({
    code: 'invalid_regular_expression',
    message: `Invalid regular expression: ${reason}`,
  });
}
