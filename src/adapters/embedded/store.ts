import { chmodSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { open } from 'lmdb';
import { prepareDataDir } from '../../core/data-dir.js';
import { Groups } from './groups.js';
import { Journal } from './journal.js';
import { lockDirectory } from './lock.js';
import type { Tables } from './tables.js';

/** The files in one directory, opened by this process. The embedded log and state store are built on it. */
export interface EmbeddedStore extends AsyncDisposable {
  readonly dir: string;
  readonly tables: Tables;
  readonly journal: Journal;
  readonly groups: Groups;
}

/**
 * Opens or creates the store in `dir`. Disposing it ends all consumer groups and closes the files.
 * @throws {MillraceError} LOG_UNAVAILABLE when another process has it open, or the directory cannot be used
 */
export function openEmbeddedStore({ dir }: { dir: string }): EmbeddedStore {
  prepareDataDir(dir);
  const lock = lockDirectory(dir);
  try {
    const path = join(resolve(dir), DATA_FILE);
    // D1: with lmdb's overlapping sync, a write would resolve before its transaction is on disk.
    const root = open({
      path,
      noSubdir: true,
      maxDbs: 8,
      overlappingSync: false,
    });
    ownerOnly(path);
    const tables: Tables = {
      records: root.openDB({ name: 'records' }),
      topics: root.openDB({ name: 'topics' }),
      progress: root.openDB({ name: 'progress' }),
      state: root.openDB({ name: 'state' }),
      expiries: root.openDB({ name: 'expiries' }),
    };
    const journal = new Journal(tables);
    const groups = new Groups(journal);
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      await groups[Symbol.asyncDispose]();
      await root.close();
      lock.release();
    };
    return {
      dir,
      tables,
      journal,
      groups,
      [Symbol.asyncDispose]() {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

const DATA_FILE = 'data.mdb';

/** Events may be anybody's data: other users of the machine must not read them. LMDB creates files with mode 0664. */
function ownerOnly(path: string): void {
  for (const file of [path, `${path}-lock`]) if (existsSync(file)) chmodSync(file, 0o600);
}
