import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '../../core/errors.js';

/** A directory that this process has for itself until `release`. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes a directory for this process. The lock of a process that is gone is taken over.
 * @throws {MillraceError} LOG_UNAVAILABLE while another process (or another store of this one) has it
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

/** Removes a dead process's lock, unless another process has just put its own in its place. */
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
 * `<pid> <start>`. Pids come back, in a container the very same one at every start, so the time at which
 * the process started (clock ticks since boot, proc(5) field 22) is part of its name where it is known.
 */
function describeProcess(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 2 is the command in parentheses and may hold anything; field 3 follows the last one.
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
  } catch {
    // No /proc on this system, or no such process: `isAlive` then goes by the pid alone.
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
