import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '../../core/errors.js';

/** The exclusive right of this process to a directory, until `release`. */
interface DirectoryLock {
  release(): void;
}

/**
 * Locks a directory for this process. Takes over the lock of a process that no longer runs.
 * @throws {MillraceError} LOG_UNAVAILABLE while another process, or another store of this process, has the lock
 */
export function lockDirectory(dir: string): DirectoryLock {
  const path = join(dir, 'lock');
  const mine = describeProcess(process.pid);
  if (!create(path, mine)) {
    const theirs = read(path);
    if (theirs !== undefined && isAlive(theirs)) throw inUse(dir, theirs);
    if (theirs !== undefined) discard(dir, path, theirs);
    if (!create(path, mine)) throw inUse(dir, read(path) ?? 'unknown');
  }
  return {
    release() {
      if (read(path) === mine) unlinkSync(path);
    },
  };
}

/**
 * Removes the lock of a dead process, unless another process has just replaced it with its own.
 *
 * Race: A and B both read the stale lock. B removes it and creates its own. If A now deleted the file by name, it would
 * delete B's lock. So A renames the file first, which is atomic, and then looks at what it has got: B's lock is put
 * back (`linkSync` fails when a third process has created one meanwhile), and A gives up.
 */
function discard(dir: string, path: string, stale: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const found = read(aside);
  if (found !== undefined && found !== stale) {
    linkSync(aside, path);
    unlinkSync(aside);
    throw inUse(dir, found);
  }
  unlinkSync(aside);
}

function inUse(dir: string, holder: string): MillraceError {
  return new MillraceError(
    'LOG_UNAVAILABLE',
    `${dir} is in use by process ${holder.split(' ')[0]}: the embedded log belongs to one process. ` +
      'Stop that process or choose another DATA_DIR; to run more than one, set KAFKA_BROKERS.',
  );
}

/**
 * Identifies a process as `<pid> <start>`. Pids are reused, and in a container every start has the same one. So the
 * start time of the process (clock ticks since boot, proc(5) field 22) is included where /proc provides it.
 */
function describeProcess(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 2 is the command in parentheses and may contain spaces and parentheses. Field 3 follows the last one.
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
  } catch {
    // No /proc on this system, or no such process. `isAlive` then decides by the pid alone.
    return `${pid} `;
  }
}

function isAlive(holder: string): boolean {
  const pid = Number(holder.split(' ')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  return describeProcess(pid) === holder;
}

function create(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;
