import { createHash } from 'node:crypto';
import { UserError } from '../user-error.js';

/** A line of the input that is not blank. */
export interface InputLine {
  /** From 1; blank lines count too. */
  readonly number: number;
  /** `undefined`: its bytes are not UTF-8. */
  readonly text: string | undefined;
  /** Tells this content from any other. */
  readonly digest: string;
}

/** S4: more than any gateway takes. A file without newlines must not fill the memory. */
const MAX_LINE_BYTES = 64 * 1_024 * 1_024;
const NEWLINE = 0x0a;

/**
 * Splits bytes into lines, which end with LF or CRLF. It reads only as fast as its lines are taken.
 * @throws {UserError} for a line above 64 MiB
 */
export async function* inputLines(input: AsyncIterable<Buffer>): AsyncGenerator<InputLine> {
  let number = 0;
  let parts: Buffer[] = [];
  let bytes = 0;
  const line = function* (): Generator<InputLine> {
    const content = Buffer.concat(parts);
    parts = [];
    bytes = 0;
    number += 1;
    if (content.toString('latin1').trim() !== '') yield lineOf(number, content);
  };
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end));
      start = end + 1;
      yield* line();
    }
    parts.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > MAX_LINE_BYTES)
      throw new UserError(`Line ${number + 1} is longer than 64 MiB. Write one JSON object per line.`, 1);
  }
  yield* line();
}

function lineOf(number: number, content: Buffer): InputLine {
  const digest = createHash('sha256').update(content).digest('base64url').slice(0, 22);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    return { number, text, digest };
  } catch {
    return { number, text: undefined, digest };
  }
}
