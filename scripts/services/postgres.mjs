import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, startChild } from './child.mjs';
import { freePorts, install, mayInstall, onPath, untilReady } from './machine.mjs';

/** Change data capture reads the write-ahead log; nothing has to outlive the test. */
const SETTINGS = ['wal_level=logical', 'fsync=off', 'listen_addresses=127.0.0.1'];

/**
 * Starts an empty PostgreSQL with the user and database `postgres`, without a password, on 127.0.0.1.
 * @returns {Promise<import('./postgres.d.mts').Postgres>}
 * @throws {Error} that says what to install
 */
export async function startPostgres() {
  const bin = await postgresFolder();
  // PostgreSQL refuses to run as root. Debian's package has a user for it.
  const owner = process.getuid?.() === 0 ? await idsOf('postgres') : {};
  const folder = mkdtempSync(join(tmpdir(), 'millrace-postgres-'));
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const options = ['--auth=trust', '--username=postgres', '--encoding=UTF8', '--no-sync'];
  await run(join(bin, 'initdb'), ['-D', data, ...options], { cwd: folder, ...owner });
  const [port] = await freePorts(1);
  const settings = [...SETTINGS, `unix_socket_directories=${folder}`].flatMap((one) => ['-c', one]);
  const logFile = join(folder, 'postgres.log');
  const server = startChild(
    'PostgreSQL',
    join(bin, 'postgres'),
    ['-D', data, '-p', String(port), ...settings],
    {
      logFile,
      folder,
      owner,
    },
  );
  const connection = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres'];
  const query = async (sql) =>
    (await run(join(bin, 'psql'), [...connection, '-v', 'ON_ERROR_STOP=1', '-qAt', '-c', sql])).trim();
  try {
    await untilReady('PostgreSQL', () => query('SELECT 1'), server.assertRunning);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { port, query, stop: () => server.stop() };
}

/** Where Debian puts the programs of each version, of which not all are on PATH. */
const VERSIONS = '/usr/lib/postgresql';

async function postgresFolder() {
  const found = () => {
    const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
    const newest = versions.sort((a, b) => Number(b) - Number(a)).map((one) => join(VERSIONS, one, 'bin'));
    return newest.find((bin) => existsSync(join(bin, 'initdb')));
  };
  if (onPath('initdb')) return '';
  if (found() === undefined) {
    if (!mayInstall())
      throw new Error('No PostgreSQL for the tests. Install it (Debian: apt-get install postgresql).');
    await install(['postgresql']);
  }
  return String(found());
}

async function idsOf(user) {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (kind) => Number(await run('id', [kind, user]))),
  );
  return { uid, gid };
}
