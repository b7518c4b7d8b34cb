import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { onEarlyEnd } from './services/child.mjs';

const ENTRY = join(import.meta.dirname, '..', 'node_modules', 'vitest', 'vitest.mjs');

/**
 * Runs vitest in a process group of its own, and kills the rest of the group afterwards: a test that hangs leaves its child
 * processes behind.
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions & { node?: string }} options `node`: the executable of another Node
 * @returns the exit code, or the name of the signal that ended it
 */
export function vitest(args, { node = process.execPath, ...options }) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [ENTRY, ...args], { ...options, detached: true });
    const forget = onEarlyEnd(() => endGroup(child.pid));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      forget();
      endGroup(child.pid);
      resolve(code ?? signal);
    });
  });
}

function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // The group has ended already.
  }
}
