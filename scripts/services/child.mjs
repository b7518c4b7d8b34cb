import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';

/**
 * What must not outlive this process. Each entry undoes one thing and does so synchronously, because
 * the last chance to run it is the `exit` event.
 * @type {Set<() => void>}
 */
const undo = new Set();
let watching = false;

/** Registers a synchronous last resort for when this process ends early; returns how to take it back. */
export function onEarlyEnd(action) {
  watch();
  undo.add(action);
  return () => undo.delete(action);
}

function watch() {
  if (watching) return;
  watching = true;
  process.on('exit', () => {
    for (const action of undo) {
      try {
        action();
      } catch (error) {
        console.error(error);
      }
    }
  });
  // The exit codes are the shell's: 128 + the number of the signal.
  for (const [signal, code] of [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, () => process.exit(code));
  }
}

/**
 * Starts a long-running child whose output goes to `logFile`. It is in its own process group, so that
 * Ctrl-C reaches it only through us, after the tests have let go of it.
 */
export function startChild(name, command, args, { logFile, folder }) {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  let failure;
  const ended = new Promise((resolve) => {
    child.once('error', (error) => {
      failure = error;
      resolve();
    });
    child.once('exit', resolve);
  });
  const removeFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const forget = onEarlyEnd(() => {
    if (child.pid !== undefined && isRunning(child)) process.kill(child.pid, 'SIGKILL');
    removeFolder();
  });

  /** SIGTERM, SIGKILL after ten seconds. Its data stays until `stop`. */
  const end = async () => {
    if (!isRunning(child)) return;
    child.kill('SIGTERM');
    const grace = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(grace);
  };

  return {
    /** @throws when the child has ended, with the end of its log. */
    assertRunning() {
      if (failure) throw new Error(`${name} did not start: ${failure.message}`);
      if (!isRunning(child)) {
        const tail = readFileSync(logFile, 'utf8').split('\n').slice(-30).join('\n');
        throw new Error(`${name} ended (exit code ${child.exitCode}). The end of its log:\n${tail}`);
      }
    },
    /** As a crash ends it. Its data stays until `stop`. */
    async kill() {
      if (!isRunning(child)) return;
      child.kill('SIGKILL');
      await ended;
    },
    /** It does nothing more, and its connections stay open, until `thaw`. */
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    end,
    /** `end`; then its data is removed. */
    async stop() {
      await end();
      removeFolder();
      forget();
    },
  };
}

function isRunning(child) {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Runs a command to its end. Resolves with its output; rejects with it when it fails. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const forget = onEarlyEnd(() => child.kill('SIGKILL'));
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.once('error', (error) => {
      forget();
      reject(error);
    });
    child.once('close', (code) => {
      forget();
      if (code === 0) resolve(output);
      else
        reject(new Error(`${command} ${args.join(' ')} failed (exit code ${code}):\n${output.slice(-4000)}`));
    });
  });
}
