import { freePorts } from './machine.mjs';
import { infoOf, redisServer, startAll, stopAll, until } from './redis-servers.mjs';

const MASTERS = 3;
const SLOTS = 16_384;
/** How long a master must be silent before its replica takes over. The default is fifteen seconds. */
const NODE_TIMEOUT_MS = 1_500;

/**
 * Three masters with one replica each, for one test alone. A master's cluster bus has a port of its own.
 * @returns {Promise<import('./redis-sets.d.mts').PrivateRedisCluster>}
 */
export async function privateRedisCluster({ settings = {}, client = {}, security } = {}) {
  const ports = await freePorts(4 * MASTERS);
  const nodes = ports.slice(0, 2 * MASTERS).map((port, i) =>
    redisServer(
      port,
      {
        'cluster-enabled': 'yes',
        'cluster-port': String(ports[2 * MASTERS + i]),
        'cluster-node-timeout': String(NODE_TIMEOUT_MS),
        'cluster-announce-ip': '127.0.0.1',
        ...settings,
        ...(security && { ...security.settings(port), ...security.replication, 'tls-cluster': 'yes' }),
      },
      security?.options ?? { client },
    ),
  );
  await startAll(nodes);
  try {
    await form(nodes, ports);
  } catch (error) {
    await stopAll(nodes);
    throw error;
  }
  const masterOf = async (slot) => {
    const ranges = await anyOf(nodes).ask('CLUSTER', 'SLOTS');
    const [, , [, port]] = ranges.find(([from, to]) => from <= slot && slot <= to);
    return nodes.find((node) => node.port === port);
  };
  return {
    nodes: nodes.map(({ address }) => address).join(','),
    masterOf: async (slot) => (await masterOf(slot)).address,
    ask: async (slot, ...command) => (await masterOf(slot)).ask(...command),
    async askAll(...command) {
      await Promise.all(nodes.map((node) => node.ask(...command)));
    },
    async kill(slot) {
      const before = await masterOf(slot);
      await before.kill();
      await until('the failover', async () => (await masterOf(slot)) !== before, nodes);
    },
    async failover(slot) {
      const before = await masterOf(slot);
      const id = String(await before.ask('CLUSTER', 'MYID'));
      const [line] = await before.ask('CLUSTER', 'REPLICAS', id);
      const port = Number(/:(\d+)@/.exec(String(line))[1]);
      await nodes.find((node) => node.port === port).ask('CLUSTER', 'FAILOVER');
      await until('the failover', async () => (await masterOf(slot)) !== before, nodes);
    },
    async move(slot) {
      const from = await masterOf(slot);
      const to = await masterOf((slot + SLOTS / 2) % SLOTS);
      if (from === to) throw new Error('The master of the other half of the slots is the same');
      await moveSlot(slot, from, to, nodes);
    },
    async settle() {
      for (const node of nodes) if (!node.running) await node.start();
      await until('the cluster', () => whole(nodes), nodes);
    },
    stop: () => stopAll(nodes),
  };
}

const anyOf = (nodes) => nodes.find((node) => node.running);

async function form(nodes, ports) {
  const ids = await Promise.all(nodes.map((node) => node.ask('CLUSTER', 'MYID')));
  for (const [i, node] of nodes.entries()) {
    await node.ask('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
    if (i > 0) await nodes[0].ask('CLUSTER', 'MEET', '127.0.0.1', node.port, ports[2 * MASTERS + i]);
  }
  const share = Math.ceil(SLOTS / MASTERS);
  for (let i = 0; i < MASTERS; i++)
    await nodes[i].ask('CLUSTER', 'ADDSLOTSRANGE', i * share, Math.min(SLOTS, (i + 1) * share) - 1);
  await until(
    'CLUSTER MEET',
    async () => (await Promise.all(nodes.map(knownNodes))).every((n) => n === nodes.length),
    nodes,
  );
  for (let i = MASTERS; i < nodes.length; i++) await nodes[i].ask('CLUSTER', 'REPLICATE', ids[i - MASTERS]);
  await until('the cluster', () => whole(nodes), nodes);
}

const knownNodes = async (node) =>
  String(await node.ask('CLUSTER', 'NODES'))
    .trim()
    .split('\n').length;

/** Whether every node sees every slot served, and each master has its replica in step. */
async function whole(nodes) {
  const views = await Promise.all(
    nodes.map(async (node) => {
      const info = String(await node.ask('CLUSTER', 'INFO'));
      const slots = await node.ask('CLUSTER', 'SLOTS');
      const replication = await infoOf(node, 'replication');
      const inStep =
        replication.role === 'master'
          ? /state=online/.test(replication.slave0 ?? '')
          : replication.master_link_status === 'up';
      return info.includes('cluster_state:ok') && slots.every((range) => range.length === 4) && inStep;
    }),
  );
  return views.every(Boolean);
}

/** As `redis-cli --cluster reshard` does it: clients are redirected with ASK meanwhile, and with MOVED afterwards. */
async function moveSlot(slot, from, to, nodes) {
  const [source, target] = await Promise.all([from, to].map((node) => node.ask('CLUSTER', 'MYID')));
  await to.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source);
  await from.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target);
  for (;;) {
    const keys = await from.ask('CLUSTER', 'GETKEYSINSLOT', slot, 100);
    if (keys.length === 0) break;
    await from.ask('MIGRATE', '127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...keys);
  }
  for (const node of [to, from]) await node.ask('CLUSTER', 'SETSLOT', slot, 'NODE', target);
  await until('the moved slot', async () => {
    const views = await Promise.all(
      nodes
        .filter((node) => node.running)
        .map(async (node) => {
          const ranges = await node.ask('CLUSTER', 'SLOTS');
          return ranges.find(([first, last]) => first <= slot && slot <= last)?.[2][1];
        }),
    );
    return views.every((port) => port === to.port);
  }, [from, to]);
}
