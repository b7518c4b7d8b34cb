import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { run } from './child.mjs';

/** How long a service may take to become ready, in milliseconds. Slow machines need most of it. */
const CEILING = 120_000;

/** Whether `command` is on PATH. */
export function onPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Whether system packages may be installed: as root, on Debian or a derivative. */
export function mayInstall() {
  return process.getuid?.() === 0 && onPath('apt-get');
}

/** Installs Debian packages. RUNLEVEL=1 keeps them from starting daemons of their own. */
export async function install(packages) {
  console.error(`installing ${packages.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await alone(join(cacheFolder(), 'apt-get'), async () => {
    await run('apt-get', ['update', '-qq'], { env });
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
  });
}

/** Runs Maven. Its local repository is not made for several at once. */
export function maven(args) {
  return alone(join(cacheFolder(), 'maven'), () => run('mvn', ['--quiet', '--batch-mode', ...args]));
}

/** How long the lock of a process that was killed keeps others waiting, in milliseconds. */
const STALE = 60_000;

/** Runs `work` while no other process does it for the same path: test files run side by side. */
async function alone(path, work) {
  const release = await lockfile.lock(path, {
    // It need not exist.
    realpath: false,
    stale: STALE,
    retries: { forever: true, factor: 1, minTimeout: 250 },
  });
  try {
    return await work();
  } finally {
    await release();
  }
}

/** Where downloads are kept between runs; outside the work tree. */
export function cacheFolder() {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'millrace');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * A file in a folder that `make` fills, once for all that ask for it. Renamed when complete, so that an interrupted run leaves
 * no half.
 * @param file '' for the folder itself
 */
export async function made(folder, file, make) {
  const path = join(folder, file);
  if (existsSync(path)) return path;
  await alone(folder, async () => {
    if (existsSync(path)) return;
    const partial = `${folder}.${process.pid}`;
    try {
      await make(partial);
      rmSync(folder, { recursive: true, force: true });
      renameSync(partial, folder);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  });
  return path;
}

/** `count` different ports of 127.0.0.1 that are free now. */
export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Retries `probe` until it succeeds. Fails at the ceiling, or as soon as `assertRunning` throws. */
export async function untilReady(what, probe, assertRunning = () => {}) {
  const deadline = Date.now() + CEILING;
  for (;;) {
    assertRunning();
    try {
      return await probe();
    } catch (error) {
      if (Date.now() > deadline) {
        throw new Error(`${what} was not ready within ${CEILING / 1000} s: ${error.message}`, {
          cause: error,
        });
      }
      await pause(200);
    }
  }
}
