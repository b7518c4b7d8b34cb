import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onEarlyEnd } from './child.mjs';
import { install, mayInstall, onPath } from './machine.mjs';

/** Debian's name first. */
const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** How long it may take until it can be driven, in milliseconds. */
const START_CEILING = 60_000;

/**
 * A Chromium without a window, with a profile of its own.
 * @returns {Promise<import('./chromium.d.mts').Chromium>}
 * @throws {Error} that says what to install
 */
export async function startChromium() {
  const command = await chromiumCommand();
  const profile = mkdtempSync(join(tmpdir(), 'millrace-chromium-'));
  let running;
  const forget = onEarlyEnd(() => {
    running?.signal('SIGKILL');
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  const start = async () => {
    running = await launch(command, profile);
    return running.endpoint;
  };
  return {
    endpoint: await start(),
    signal: (name) => running.signal(name),
    async kill() {
      running.signal('SIGKILL');
      await running.ended;
    },
    start,
    async stop() {
      running.signal('SIGKILL');
      await running.ended;
      forget();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

async function chromiumCommand() {
  const found = () => COMMANDS.find(onPath);
  if (found() === undefined) {
    if (!mayInstall())
      throw new Error('No Chromium for the tests. Install it (Debian: apt-get install chromium).');
    await install(['chromium']);
  }
  return found();
}

/** All its processes are one group, so that a signal reaches every one of them. */
async function launch(command, profile) {
  const child = spawn(command, [...ARGUMENTS, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  const signal = (name) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  };
  const said = [];
  const endpoint = await new Promise((resolve, reject) => {
    const fail = (why) => {
      signal('SIGKILL');
      reject(new Error(`Chromium did not start: ${why}\n${said.slice(-20).join('\n')}`));
    };
    const deadline = setTimeout(() => fail('it was not ready in time'), START_CEILING);
    child.once('error', ({ message }) => fail(message));
    child.once('exit', (code) => fail(`exit code ${code}`));
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      const address = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (address === undefined) return;
      clearTimeout(deadline);
      resolve(address);
    });
  });
  return { endpoint, ended, signal };
}

const ARGUMENTS = [
  '--headless=new',
  '--remote-debugging-port=0',
  // Tests run as root in CI, where the sandbox cannot. Its pages are those of the tests alone.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--no-default-browser-check',
  // It must not reach any host but this one.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--metrics-recording-only',
  '--password-store=basic',
  '--use-mock-keychain',
];
