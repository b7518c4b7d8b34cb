import { readFileSync } from 'node:fs';
import { messageOf } from '../../core/errors.js';
import { UserError } from '../user-error.js';

/**
 * The text of an argument: `@file` is the content of a file, `-` is standard input, and anything else is the text itself.
 * @param what what the text is, for messages
 * @throws {UserError}
 */
export function textOf(argument: string, what: string): string {
  if (argument === '-') return decoded(contentOf(0, what, 'standard input'), 'Standard input');
  if (!argument.startsWith('@')) return argument;
  const path = argument.slice(1);
  return decoded(contentOf(path, what, path), path);
}

function contentOf(file: string | number, what: string, name: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UserError(`The ${what} cannot be read from ${name}: ${messageOf(error)}.`, 2);
  }
}

/** @throws {UserError} when the bytes are not UTF-8: replacement characters would silently change the text */
function decoded(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${source} is not UTF-8. Convert it, for example with iconv.`, 2);
  }
}
