import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from './child.mjs';
import { dockerAnswers, startContainer } from './docker.mjs';
import { freePorts, install, mayInstall, onPath, untilReady } from './machine.mjs';

const IMAGE = 'redis:7-alpine';
// Fan-out is disposable, so nothing is written to disk.
const SETTINGS = ['--save', '', '--appendonly', 'no'];

/**
 * Provides a Redis for tests: the one of REDIS_URL, or a container, or the installed `redis-server`, or Debian's, in this
 * order.
 * @returns {Promise<{ url: string, stop(): Promise<void> }>} `stop` leaves a Redis of REDIS_URL alone
 * @throws {Error} that says what to install when none of these works
 */
export async function acquireRedis(env = process.env) {
  if (env.REDIS_URL) {
    // Only a Redis that is started here is pinged: a given one may need a password or TLS.
    return { url: env.REDIS_URL, stop: async () => {} };
  }
  const [port] = await freePorts(1);
  const server = await startRedis(port);
  return { url: `redis://127.0.0.1:${port}`, stop: server.stop };
}

/** Starts an empty Redis on `port` of 127.0.0.1, and waits until it is ready. `settings` are further options. */
export async function startRedis(port, settings = []) {
  const server = (await dockerAnswers())
    ? await startContainer(IMAGE, {
        publish: `127.0.0.1:${port}:6379`,
        command: ['redis-server', ...SETTINGS, ...settings],
      })
    : await startInstalled(port, settings);
  try {
    await untilReady('Redis', () => ping(port), server.assertRunning);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** Installs `redis-server` where it is missing and may be installed. */
export async function requireRedisServer() {
  if (onPath('redis-server')) return;
  if (!mayInstall()) {
    throw new Error(
      'No Redis for the tests. Start Docker, or install redis-server (Debian: apt-get install redis-server), ' +
        'or set REDIS_URL.',
    );
  }
  await install(['redis-server']);
}

async function startInstalled(port, settings) {
  await requireRedisServer();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-redis-'));
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, ...SETTINGS, ...settings];
  return startChild('Redis', 'redis-server', args, { logFile: join(folder, 'redis.log'), folder });
}

/** Resolves when the server answers PING with PONG. While it is loading, it answers with an error. */
function ping(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(2_000, () => socket.destroy(new Error('no answer to PING')));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      if (data.toString().startsWith('+PONG')) resolve();
      else reject(new Error(`PING was answered with ${data.toString().trim()}`));
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
}
