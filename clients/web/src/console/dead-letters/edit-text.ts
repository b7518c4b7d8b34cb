import type { DeadLetterDetailQuery } from './operations';

export type Detail = NonNullable<DeadLetterDetailQuery['deadLetter']>;

/** JSON with indentation. Numbers keep all digits: the text is formatted, not parsed and written. `undefined`: it is no JSON. */
export function formatted(json: string): string | undefined {
  try {
    JSON.parse(json);
  } catch {
    return undefined;
  }
  return indented(json);
}

/** Why a text is not JSON; `undefined`: it is. */
export function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Tokens of valid JSON: strings, punctuation, and everything else. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

function indented(json: string): string {
  let depth = 0;
  let text = '';
  const newLine = (): string => `\n${'  '.repeat(depth)}`;
  const tokens = json.match(TOKENS) ?? [];
  for (const [i, token] of tokens.entries()) {
    const next = tokens[i + 1];
    if (token === '{' || token === '[') {
      const isEmpty = next === '}' || next === ']';
      depth += 1;
      text += isEmpty ? token : token + newLine();
    } else if (token === '}' || token === ']') {
      depth -= 1;
      const before = tokens[i - 1];
      text += before === '{' || before === '[' ? token : newLine() + token;
    } else if (token === ',') text += token + newLine();
    else text += token === ':' ? ': ' : token;
  }
  return text;
}

/** Headers as lines of `name: value`; `undefined`: one of them cannot be written so. */
export function headerText(headers: Detail['headers']): string | undefined {
  const isPlain = headers.every(
    ({ name, value, base64 }) =>
      base64 === null &&
      value !== null &&
      !/[\r\n]/.test(value + name) &&
      !name.includes(': ') &&
      name !== '',
  );
  return isPlain ? headers.map(({ name, value }) => `${name}: ${value ?? ''}`).join('\n') : undefined;
}

/** The headers of such lines; a text: what is wrong with a line. */
export function headersIn(
  text: string,
): readonly { readonly name: string; readonly value: string }[] | string {
  const headers: { name: string; value: string }[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const at = line.indexOf(':');
    if (at <= 0) return `Line ${i + 1} is no header. Write name: value.`;
    const value = line.slice(at + 1);
    headers.push({ name: line.slice(0, at), value: value.startsWith(' ') ? value.slice(1) : value });
  }
  return headers;
}
