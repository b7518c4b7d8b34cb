import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PositionStore } from '#client';
import { replaceFile } from '../replace-file.js';

/**
 * One position in a file of its own: the cursor and a newline, so that `--after "$(cat FILE)"` reads it too.
 *
 * Synchronous, so that a position is written before the next line is: whatever ends the process repeats at most one line. It is
 * not flushed to the disk for each line, which would take longer than the line; a loss of power may leave an older position.
 */
export function stateFile(path: string): PositionStore {
  return {
    get() {
      let text: string;
      try {
        text = readFileSync(path, 'latin1');
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
      const cursor = text.trim();
      // Never as if there was no position: the subscription would start from now, and miss what came before.
      if (!/^[!-~]+$/.test(cursor))
        throw new Error(
          `${path} has no position in it. Name another file, or delete it to start without one.`,
        );
      return cursor;
    },
    set(_key, cursor) {
      try {
        replaceFile(path, `${cursor}\n`);
      } catch (error) {
        if (!isMissing(error)) throw error;
        mkdirSync(dirname(path), { recursive: true });
        replaceFile(path, `${cursor}\n`);
      }
    },
    delete() {
      throw new Error('Delete the file instead.');
    },
  };
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
