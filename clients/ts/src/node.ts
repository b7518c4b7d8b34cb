import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PositionStore } from './store.js';

/**
 * Positions in files of a folder, one for each subscription: they outlive the process. A file is replaced as a whole, so a
 * crash leaves the old position or the new one.
 */
export function fileStore(folder: string): PositionStore {
  const made = (): Promise<unknown> => mkdir(folder, { recursive: true });
  const pathOf = (key: string): string => join(folder, `${fileNameOf(key)}.cursor`);
  return {
    async get(key) {
      try {
        return (await readFile(pathOf(key), 'utf8')).trim() || undefined;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async set(key, cursor) {
      await made();
      const path = pathOf(key);
      const draft = `${path}.${randomUUID()}`;
      // A kept mutation contains its variables, which no other user of the machine may read.
      await writeFile(draft, `${cursor}\n`, { flush: true, mode: 0o600 });
      await rename(draft, path);
    },
    async delete(key) {
      try {
        await unlink(pathOf(key));
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
  };
}

/** How many characters of a key the name of its file shows. */
const MAX_SHOWN_CHARACTERS = 60;

/** A readable name that differs for each key: file names have a maximum length, and some file systems ignore case. */
function fileNameOf(key: string): string {
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return `${key.replace(/[^\w-]+/g, '_').slice(0, MAX_SHOWN_CHARACTERS)}.${digest}`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
