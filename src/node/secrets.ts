import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The cursor secret of a gateway that runs alone: generated once, and kept in `dataDir`. */
export async function ownCursorSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, 'cursor-secret');
  await mkdir(dataDir, { recursive: true });
  try {
    // `wx`: when two processes start together, one creates the file and the other reads it.
    await writeFile(path, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return (await readFile(path, 'utf8')).trim();
}
