import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { SchemaFiles } from '../binding/diff/breaking-changes.js';
import { loadEventSchemas, loadSchema, ProjectError } from './loader.js';

const run = promisify(execFile);
/** Such files would be those of now on both sides, and so no change would ever be found. */
const OUTSIDE = /(^|[{,!(])\/|(^|[{,!(/])\.\.([/,})]|$)/;
const OF_A_SCHEMA = /\.(graphqls?|gql)$|(^|\/)events\/[^/]+\.json$/;

/**
 * The schema of another time: of a folder laid out as the project is, or else of a git ref (a branch, a tag, a
 * commit), from whose files nothing in the work tree is changed.
 * @throws {ProjectError} when there is neither, it has no schema, or a pattern is one of files outside of it
 */
export async function loadPrevious(
  against: string,
  patterns: readonly string[],
  dir: string,
): Promise<SchemaFiles> {
  const outside = patterns.find((pattern) => OUTSIDE.test(pattern));
  if (outside !== undefined)
    throw new ProjectError(
      `SCHEMA: ${outside} is outside of the project, where ${against} has no files of its own to compare with`,
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
    // What begins with a dash is no option, whoever wrote it.
    commit = (await git('rev-parse', '--verify', '--end-of-options', `${ref}^{commit}`)).trim();
  } catch (error) {
    throw new ProjectError(`${ref} is neither a folder nor a commit of the git repository of ${dir}`, {
      cause: error,
    });
  }
  const names = (await git('ls-tree', '-r', '-z', '--name-only', commit, '--', '.')).split('\0');
  for (const name of names.filter((one) => OF_A_SCHEMA.test(one))) {
    await mkdir(dirname(join(copy, name)), { recursive: true });
    await writeFile(join(copy, name), await git('cat-file', 'blob', `${commit}:./${name}`));
  }
}
