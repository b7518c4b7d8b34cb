import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareDataDir } from '../core/data-dir.js';

/**
 * The cursor secret of a gateway that runs alone: generated once, and kept in `dataDir`.
 * @throws {MillraceError} LOG_UNAVAILABLE when the directory cannot be used
 */
export async function ownCursorSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, 'cursor-secret');
  prepareDataDir(dataDir);
  try {
    // `wx`: when two processes start together, one creates the file and the other reads it.
    await writeFile(path, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return (await readFile(path, 'utf8')).trim();
}
