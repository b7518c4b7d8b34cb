import { accessSync, constants, mkdirSync } from 'node:fs';
import { MillraceError } from './errors.js';

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file',
  ENOTDIR: 'a part of the path is a file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
};

/**
 * Creates the data directory where it is missing, for its owner only: it holds events and secrets.
 * @throws {MillraceError} LOG_UNAVAILABLE when this process cannot write to it
 */
export function prepareDataDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new MillraceError(
      'LOG_UNAVAILABLE',
      `The data directory ${dir} cannot be used: ${REASONS[code] ?? code}. Set DATA_DIR to a directory that this process may write to.`,
      { cause: error },
    );
  }
}
