import { prepareJars } from './kafka.mjs';
import { kafkaJars } from './kafka-jars.mjs';
import { untilKafkaReady } from './kafka-ready.mjs';
import { freePorts } from './machine.mjs';
import { startRedis } from './redis.mjs';

export { freePorts };

/**
 * A Redis that nobody else uses, so that a test may kill it. It keeps nothing: started again it is empty.
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
 * A Kafka that nobody else uses, so that a test may kill it. Started again it has its data, and its port.
 * Always Apache's own jars: those of KAFKA_LIBS, or fetched.
 * @returns {Promise<import('./private.d.mts').PrivateService>}
 */
export async function privateKafka({ port: given, advertised, settings } = {}) {
  const [free, controllerPort] = await freePorts(2);
  const port = given ?? free;
  const libs = process.env.KAFKA_LIBS || (await kafkaJars());
  const prepared = await prepareJars(libs, port, controllerPort, { advertised, more: settings });
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
