import { readFileSync } from 'node:fs';
import { messageOf } from '../../core/errors.js';
import type { Environment, Variable } from './variable.js';

const FILE_SUFFIX = '_FILE';

/** The name by which the variable `name` is given as the path of a file. */
export const fileVariable = (name: string): string => `${name}${FILE_SUFFIX}`;

export const mayBeFile = ({ secret, file }: Variable<unknown>): boolean => secret === true || file === true;

/** Whether a variable is set, itself or as a file. */
export const isGiven = (environment: Environment, name: string): boolean =>
  Boolean(environment[name] || environment[fileVariable(name)]);

/** A value of the wrong form, or a file that cannot be read: one sentence. */
export class InvalidVariable extends Error {
  override readonly name = 'InvalidVariable';
}

/**
 * Reads one variable, or the file that it is given as.
 * @throws {InvalidVariable}
 */
export function readVariable<T>(
  name: string,
  variable: Variable<T>,
  environment: Environment,
): T | (() => T) {
  const path = mayBeFile(variable) ? environment[fileVariable(name)] || undefined : undefined;
  if (path !== undefined && environment[name]) {
    throw new InvalidVariable(`${name} and ${fileVariable(name)} are both set. Set one of them.`);
  }
  const fallback = environment['NODE_ENV'] === 'production' ? variable.inProduction : undefined;
  const read = (): T =>
    path === undefined
      ? parse(name, variable, environment[name] || fallback)
      : parse(fileVariable(name), variable, contentOf(fileVariable(name), path), true);
  const value = read();
  return variable.reread === true && value !== undefined ? read : value;
}

function parse<T>(
  source: string,
  { schema, secret, allowed }: Variable<T>,
  given: string | undefined,
  isFile = false,
): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const shape = isFile ? `a file that contains ${shapeOf(given, true)}` : shapeOf(given, secret);
  throw new InvalidVariable(`${source} is ${shape}; allowed: ${allowed}.`);
}

/** Synchronous: sockets are made synchronously, and the files are small. Editors and `echo` end a file with a newline. */
function contentOf(source: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const reason = messageOf(error);
    throw new InvalidVariable(`${source} is the path of a file that cannot be read: ${reason}.`);
  }
}

/** What an error message may show of a value: never a secret, nor the credentials in a URL. */
function shapeOf(value: string | undefined, secret: boolean | undefined): string {
  if (value === undefined) return 'not set';
  const shape = /^-?\d+$/.test(value) ? 'a number' : 'a text';
  const length = `${shape} of ${value.length} character${value.length === 1 ? '' : 's'}`;
  const hidden = secret === true || value.length > 60 || value.includes('@');
  return hidden ? length : `${JSON.stringify(value)}, ${length}`;
}
