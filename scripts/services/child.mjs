import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';

/**
 * Cleanups for when this process ends early. Each is synchronous, because the last chance to run it is the `exit` event.
 * @type {Set<() => void>}
 */
const undo = new Set();
let watching = false;

/** Registers a synchronous cleanup for when this process ends early. @returns a function that unregisters it */
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
 * Starts a long-running child whose output goes to `logFile`. It has its own process group, so that Ctrl-C reaches it only
 * through this process, after the tests have ended. `owner` is the user that it runs as, if not this process's.
 */
export function startChild(name, command, args, { logFile, folder, owner = {} }) {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log], detached: true, ...owner });
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

  /** Sends SIGTERM, and SIGKILL after ten seconds. Its data stays until `stop`. */
  const end = async () => {
    if (!isRunning(child)) return;
    child.kill('SIGTERM');
    const grace = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(grace);
  };

  return {
    /** @throws with the end of its log when the child has ended */
    assertRunning() {
      if (failure) throw new Error(`${name} did not start: ${failure.message}`);
      if (!isRunning(child)) {
        const tail = readFileSync(logFile, 'utf8').split('\n').slice(-30).join('\n');
        throw new Error(`${name} ended (exit code ${child.exitCode}). The end of its log:\n${tail}`);
      }
    },
    /** Kills it, like a crash. Its data stays until `stop`. */
    async kill() {
      if (!isRunning(child)) return;
      child.kill('SIGKILL');
      await ended;
    },
    /** Freezes it with its connections open, until `thaw`. */
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    end,
    /** Ends it and removes its data. */
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

/** Runs a command. Resolves with its output, or rejects with it when the command fails. */
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
