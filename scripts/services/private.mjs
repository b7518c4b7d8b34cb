import { newClusterId, prepareJars } from './kafka.mjs';
import { kafkaJars } from './kafka-jars.mjs';
import { untilBrokerIsUp, untilKafkaReady } from './kafka-ready.mjs';
import { freePorts } from './machine.mjs';
import { startRedis } from './redis.mjs';

export { freePorts };

/**
 * A Redis for one test alone, which may kill it. It persists nothing, so it is empty after a restart.
 * @returns {Promise<import('./private.d.mts').PrivateService>}
 */
export async function privateRedis(settings = []) {
  const [port] = await freePorts(1);
  let server = await startRedis(port, settings);
  return {
    address: `redis://127.0.0.1:${port}`,
    async kill() {
      await server.kill();
      await server.stop();
    },
    async start() {
      server = await startRedis(port, settings);
    },
    stop: () => server.stop(),
  };
}

/**
 * A Kafka for one test alone, which may kill it. It keeps its data and its port over a restart. It always runs Apache's own
 * jars: those of KAFKA_LIBS, or downloaded ones.
 * @returns {Promise<import('./private.d.mts').PrivateService>}
 */
export async function privateKafka({ port: given, advertised, settings } = {}) {
  const [free, controllerPort] = await freePorts(2);
  const port = given ?? free;
  const libs = process.env.KAFKA_LIBS || (await kafkaJars());
  const voters = [`127.0.0.1:${controllerPort}`];
  const prepared = await prepareJars(libs, { port, advertised, voters, more: settings });
  const brokers = `127.0.0.1:${port}`;
  let server;
  const start = async () => {
    server = prepared.start();
    try {
      await untilKafkaReady(brokers, server.assertRunning);
    } catch (error) {
      await server.stop();
      throw error;
    }
  };
  await start();
  return { address: brokers, kill: () => server.kill(), start, stop: () => server.stop() };
}

const NODES = 3;
/** Small and quick to start: each runs for minutes, and three share a machine of two cores. */
export const SMALL_JAVA = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const CLUSTER = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  // How long a dead broker keeps its leaderships. The default is nine seconds.
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '300',
  'log.cleaner.dedupe.buffer.size': '8388608',
};

/**
 * A cluster of three brokers in three processes, each also a controller. A record is written once two brokers have it, and any
 * two continue without the third.
 * @returns {Promise<import('./private.d.mts').PrivateCluster>}
 */
export async function privateCluster({ settings = () => ({}) } = {}) {
  const ports = await freePorts(2 * NODES);
  const libs = process.env.KAFKA_LIBS || (await kafkaJars());
  const addresses = ports.slice(0, NODES).map((port) => `127.0.0.1:${port}`);
  const voters = ports.slice(NODES).map((port) => `127.0.0.1:${port}`);
  const common = { voters, cluster: newClusterId(), java: SMALL_JAVA };
  const prepared = await Promise.all(
    addresses.map((_, i) =>
      prepareJars(libs, {
        ...common,
        port: ports[i],
        node: i + 1,
        more: { ...CLUSTER, ...settings(i + 1) },
      }),
    ),
  );
  const servers = prepared.map(({ start }) => start());
  const address = addresses.join(',');
  const stop = async () => {
    // An orderly stop would wait for the other brokers, which are stopping too.
    await Promise.all(servers.map((server) => server.kill()));
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    await untilKafkaReady(address, () => {
      for (const server of servers) server.assertRunning();
    });
    await Promise.all(
      servers.map(({ assertRunning }, i) => untilBrokerIsUp(addresses[i], i + 1, assertRunning)),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    address,
    kill: (id) => servers[id - 1].kill(),
    end: (id) => servers[id - 1].end(),
    freeze: (id) => servers[id - 1].freeze(),
    thaw: (id) => servers[id - 1].thaw(),
    start: async (id) => {
      const server = prepared[id - 1].start();
      servers[id - 1] = server;
      await untilBrokerIsUp(addresses[id - 1], id, server.assertRunning);
    },
    stop,
  };
}
