import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startChild } from './child.mjs';
import { untilReady } from './machine.mjs';
import { requireRedisServer } from './redis.mjs';

/** Nothing is written to disk, and replicas copy their master at once instead of after five seconds. */
const SETTINGS = {
  bind: '127.0.0.1',
  save: '""',
  appendonly: 'no',
  'repl-diskless-sync-delay': '0',
  'cluster-allow-replica-migration': 'no',
};

/**
 * One `redis-server` with a configuration file, of any role. It keeps its folder, and with it its `nodes.conf` or
 * `sentinel.conf`, over a restart.
 * @param {number} port
 * @param {Record<string, string | readonly string[]>} settings further lines of the file; a list is one line each
 * @param {{ sentinel?: boolean, client?: import('ioredis').RedisOptions, files?: Record<string, string> }} [options] `client` has
 *   what a client needs besides the port; `files` are PEM files for its TLS: `cert`, `key`, `ca-cert`
 */
export function redisServer(port, settings, { sentinel = false, client = {}, files = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-redis-'));
  const file = join(folder, 'redis.conf');
  const common = sentinel ? { bind: '127.0.0.1' } : SETTINGS;
  const tls = Object.keys(files).map((name) => [`tls-${name}-file`, join(folder, `${name}.pem`)]);
  const lines = Object.entries({
    ...common,
    ...Object.fromEntries(tls),
    ...(client.tls ? {} : { port: String(port) }),
    dir: folder,
    ...settings,
  });
  writeFileSync(
    file,
    lines.flatMap(([name, value]) => [value].flat().map((one) => `${name} ${one}\n`)).join(''),
  );
  const write = (name, content) => {
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), 0o600);
  };
  for (const [name, content] of Object.entries(files)) write(`${name}.pem`, content);
  const connect = () =>
    new Redis({
      host: '127.0.0.1',
      port,
      lazyConnect: true,
      retryStrategy: null,
      enableReadyCheck: false,
      commandTimeout: 5_000,
      ...client,
    }).on('error', () => {});
  let child;
  let running = false;
  const ask = async (...command) => {
    const redis = connect();
    try {
      return await redis.call(...command);
    } finally {
      redis.disconnect();
    }
  };
  return {
    port,
    address: `127.0.0.1:${port}`,
    /** Writes a file into the server's folder. */
    file: write,
    path: (name) => join(folder, name),
    ask,
    async start() {
      await requireRedisServer();
      const args = sentinel ? [file, '--sentinel'] : [file];
      child = startChild('Redis', 'redis-server', args, { logFile: join(folder, 'redis.log'), folder });
      await untilReady('Redis', () => ask('PING'), child.assertRunning);
      running = true;
    },
    get running() {
      return running;
    },
    assertRunning() {
      if (running) child.assertRunning();
    },
    async kill() {
      running = false;
      await child.kill();
    },
    freeze: () => child.freeze(),
    thaw: () => child.thaw(),
    async stop() {
      running = false;
      await child?.kill();
      await child?.stop();
    },
  };
}

/** Starts all of them, or stops those that were started. */
export async function startAll(servers) {
  try {
    await Promise.all(servers.map((server) => server.start()));
  } catch (error) {
    await stopAll(servers);
    throw error;
  }
}

export async function stopAll(servers) {
  await Promise.all(servers.map((server) => server.stop()));
}

/** Retries `condition` until it holds. @throws with what was not so in time */
export function until(what, condition, servers) {
  return untilReady(
    what,
    async () => {
      if (!(await condition())) throw new Error('not yet');
    },
    () => {
      for (const server of servers) server.assertRunning();
    },
  );
}

/** The lines `name:value` of INFO. */
export async function infoOf(server, section) {
  const text = String(await server.ask('INFO', section));
  return Object.fromEntries(text.split('\r\n').flatMap((line) => (line.includes(':') ? [split(line)] : [])));
}

const split = (line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)];
