import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { SchemaFiles } from '../binding/diff/breaking-changes.js';
import { loadEventSchemas, loadSchema, ProjectError } from './loader.js';

const run = promisify(execFile);
/** A pattern that leaves the project's folder. Both versions would read the same files, and no change would show. */
const OUTSIDE_PATTERN = /(^|[{,!(])\/|(^|[{,!(/])\.\.([/,})]|$)/;
const SCHEMA_FILE = /\.(graphqls?|gql)$|(^|\/)events\/[^/]+\.json$/;

/**
 * Reads an earlier version of the schema: from a folder laid out like the project, or from a git ref (a branch,
 * tag or commit). The working tree is not touched.
 * @throws {ProjectError} when `against` is neither, it has no schema, or a pattern leaves the project's folder
 */
export async function loadPrevious(
  against: string,
  patterns: readonly string[],
  dir: string,
): Promise<SchemaFiles> {
  const outside = patterns.find((pattern) => OUTSIDE_PATTERN.test(pattern));
  if (outside !== undefined)
    throw new ProjectError(
      `SCHEMA: ${outside} is outside the project, so ${against} has no version of these files to compare with`,
    );
  const folder = resolve(dir, against);
  const isFolder = await stat(folder)
    .then((found) => found.isDirectory())
    .catch(() => false);
  if (isFolder) return load(patterns, folder);
  const copy = await mkdtemp(join(tmpdir(), 'millrace-against-'));
  try {
    await checkOut(against, dir, copy);
    return await load(patterns, copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function load(patterns: readonly string[], dir: string): Promise<SchemaFiles> {
  const sources = await loadSchema(patterns, dir);
  return { sources, eventSchemas: await loadEventSchemas(sources, dir) };
}

async function checkOut(ref: string, dir: string, copy: string): Promise<void> {
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await run('git', args, { cwd: dir, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  };
  let commit: string;
  try {
    // A ref that begins with a dash must not be read as an option.
    commit = (await git('rev-parse', '--verify', '--end-of-options', `${ref}^{commit}`)).trim();
  } catch (error) {
    throw new ProjectError(`${ref} is neither a folder nor a commit of the git repository of ${dir}`, {
      cause: error,
    });
  }
  const names = (await git('ls-tree', '-r', '-z', '--name-only', commit, '--', '.')).split('\0');
  for (const name of names.filter((one) => SCHEMA_FILE.test(one))) {
    await mkdir(dirname(join(copy, name)), { recursive: true });
    await writeFile(join(copy, name), await git('cat-file', 'blob', `${commit}:./${name}`));
  }
}
