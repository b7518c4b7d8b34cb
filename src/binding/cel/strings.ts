import { type Environment, EvaluationError } from '@marcbachmann/cel-js';

/**
 * Functions of CEL's library for strings (`google/cel-go`, `ext/strings.go`). Their positions are code points, as those
 * of `size()` are, and their letters are ASCII. Those of cel-js count UTF-16 code units, which cut a character such as
 * an emoji in two, and change other letters too.
 */
const SIGNATURES: readonly (readonly [name: string, operands: readonly string[]])[] = [
  ['lowerAscii', []],
  ['upperAscii', []],
  ['indexOf', ['string']],
  ['indexOf', ['string', 'int']],
  ['lastIndexOf', ['string']],
  ['lastIndexOf', ['string', 'int']],
  ['substring', ['int']],
  ['substring', ['int', 'int']],
  ['split', ['string']],
  ['split', ['string', 'int']],
];

const NAMES: ReadonlySet<string> = new Set(SIGNATURES.map(([name]) => name));

/** What replaces `text.name()` where expressions are evaluated: cel-js keeps its own. `undefined`: another function. */
export const stringFunction = (name: string): string | undefined =>
  NAMES.has(name) ? `${name}OfString` : undefined;

export function registerStrings(environment: Environment): void {
  for (const [name, operands] of SIGNATURES)
    environment.registerFunction(
      `${stringFunction(name)}(${['dyn', ...operands.map(() => 'dyn')].join(', ')}): dyn`,
      (text: unknown, ...given: unknown[]) => apply(name, operands, text, given),
    );
}

function apply(name: string, types: readonly string[], text: unknown, operands: readonly unknown[]): unknown {
  const [first, second] = operands;
  const isTyped = operands.every(
    (operand, i) => typeof operand === (types[i] === 'int' ? 'bigint' : 'string'),
  );
  if (typeof text !== 'string' || !isTyped)
    throw new EvaluationError({
      code: 'no_matching_overload',
      message: `${name}() is called on a string, and takes (${types.join(', ')})`,
    });
  switch (name) {
    case 'lowerAscii':
      return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
    case 'upperAscii':
      return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
    case 'indexOf':
      return indexOf([...text], String(first), second);
    case 'lastIndexOf':
      return lastIndexOf([...text], String(first), second);
    case 'substring':
      return substring([...text], first, second);
    default:
      return split(text, String(first), second);
  }
}

function indexOf(points: readonly string[], part: string, from: unknown): bigint {
  const start = from === undefined ? 0 : position(from, points.length);
  const rest = points.slice(start).join('');
  return found(rest, rest.indexOf(part), start);
}

function lastIndexOf(points: readonly string[], part: string, from: unknown): bigint {
  const end = from === undefined ? points.length : position(from, points.length) + [...part].length;
  const before = points.slice(0, end).join('');
  return found(before, before.lastIndexOf(part), 0);
}

/** The position in code points of what was found at `unit` of a text that begins at `start`. */
function found(text: string, unit: number, start: number): bigint {
  return unit < 0 ? -1n : BigInt(start + [...text.slice(0, unit)].length);
}

function substring(points: readonly string[], from: unknown, to: unknown): string {
  const start = position(from, points.length);
  const end = to === undefined ? points.length : position(to, points.length);
  if (end < start) throw outOfRange(end, points.length);
  return points.slice(start, end).join('');
}

/** A limit of -1: all parts. The last one has the rest of the text. */
function split(text: string, separator: string, limit: unknown): string[] {
  const parts = separator === '' ? [...text] : text.split(separator);
  const most = Number(limit ?? -1n);
  if (most < 0 || parts.length <= most) return parts;
  return most === 0 ? [] : [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)];
}

function position(value: unknown, length: number): number {
  const index = Number(value);
  if (index < 0 || index > length) throw outOfRange(index, length);
  return index;
}

function outOfRange(index: number, length: number): EvaluationError {
  const message = `The position ${index} is outside of a text of ${length} characters`;
  return new EvaluationError({ code: 'index_out_of_range', message });
}
