import { freePorts } from './machine.mjs';
import { infoOf, redisServer, startAll, stopAll, until } from './redis-servers.mjs';

const SENTINELS = 3;
const NAME = 'millrace-tests';
/** How long a master must be silent before Sentinel replaces it. The default is thirty seconds. */
const DOWN_AFTER_MS = 1_000;

const loginOf = (userLine, passwordLine, { username, password }) => [
  `${userLine} ${username}`,
  `${passwordLine} "${password}"`,
];

/**
 * A master, its replicas and three Sentinels, for one test alone.
 * @returns {Promise<import('./redis-sets.d.mts').PrivateSentinelSet>}
 */
export async function privateSentinelSet({ replicas: count = 1, password, security, sentinelSecurity } = {}) {
  const ports = await freePorts(1 + count + SENTINELS);
  const options = security?.options ?? { client: password === undefined ? {} : { password } };
  const auth = password === undefined ? {} : { requirepass: `"${password}"`, masterauth: `"${password}"` };
  const [first, ...others] = ports.slice(0, 1 + count);
  const data = [
    redisServer(first, { ...auth, ...security?.settings(first), ...security?.replication }, options),
    ...others.map((port) =>
      redisServer(
        port,
        { ...auth, replicaof: `127.0.0.1 ${first}`, ...security?.settings(port), ...security?.replication },
        options,
      ),
    ),
  ];
  const sentinels = ports.slice(1 + count).map((port) =>
    redisServer(
      port,
      {
        ...sentinelSecurity?.settings(port),
        // In this order: each line needs the first.
        sentinel: [
          ...(sentinelSecurity ? loginOf('sentinel-user', 'sentinel-pass', sentinelSecurity.admin) : []),
          `monitor ${NAME} 127.0.0.1 ${first} 2`,
          `down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
          `failover-timeout ${NAME} 6000`,
          ...(password === undefined ? [] : [`auth-pass ${NAME} "${password}"`]),
          ...(security ? loginOf(`auth-user ${NAME}`, `auth-pass ${NAME}`, security.admin) : []),
        ],
      },
      { sentinel: true, ...sentinelSecurity?.options },
    ),
  );
  const all = [...data, ...sentinels];
  const master = async () => {
    const [, port] = await sentinels[0].ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME);
    return data.find((server) => server.port === Number(port));
  };
  /** The number of the master's replicas that are in step. */
  const inStep = async () => {
    const info = await infoOf(await master(), 'replication');
    return Object.entries(info).filter(
      ([name, value]) => /^slave\d/.test(name) && value.includes('state=online'),
    ).length;
  };
  const known = async (sentinel) => {
    const flat = await sentinel.ask('SENTINEL', 'MASTER', NAME);
    const field = (name) => Number(flat[flat.indexOf(name) + 1]);
    return field('num-slaves') === count && field('num-other-sentinels') === SENTINELS - 1;
  };
  await startAll(data);
  try {
    await until(
      'the replicas',
      async () => (await infoOf(data[0], 'replication')).connected_slaves === String(count),
      data,
    );
    await startAll(sentinels);
    await until('Sentinel', async () => (await Promise.all(sentinels.map(known))).every(Boolean), all);
    await until('the replicas', async () => (await inStep()) === count, data);
  } catch (error) {
    await stopAll(all);
    throw error;
  }
  const moved = (before) =>
    until(
      'the failover',
      async () => {
        const now = await master();
        return now !== before && (await infoOf(now, 'replication')).role === 'master';
      },
      sentinels,
    );
  return {
    name: NAME,
    sentinels: sentinels.map(({ address }) => address).join(','),
    master: async () => (await master()).address,
    ask: async (...command) => (await master()).ask(...command),
    async failover() {
      const before = await master();
      // NOGOODSLAVE: Sentinel has not heard from the replicas since the last failover.
      await until('SENTINEL FAILOVER', () => sentinels[0].ask('SENTINEL', 'FAILOVER', NAME), sentinels);
      await moved(before);
    },
    async kill() {
      const before = await master();
      await before.kill();
      await moved(before);
    },
    async settle() {
      for (const server of data) if (!server.running) await server.start();
      await until('the replicas', async () => (await inStep()) === count, all);
    },
    stop: () => stopAll(all),
  };
}
