import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The cursor secret of a gateway that stands alone: made once, and kept with its data. */
export async function ownCursorSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, 'cursor-secret');
  await mkdir(dataDir, { recursive: true });
  try {
    // `wx`: of two processes that start together, one makes it and the other reads it.
    await writeFile(path, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return (await readFile(path, 'utf8')).trim();
}
