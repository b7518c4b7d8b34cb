import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, startChild } from './child.mjs';
import { dockerAnswers, startContainer } from './docker.mjs';
import { cachedJars, KAFKA_VERSION, kafkaJars } from './kafka-jars.mjs';
import { untilKafkaReady } from './kafka-ready.mjs';
import { freePorts } from './machine.mjs';

/**
 * Provides a Kafka for tests: the one of KAFKA_BROKERS, or a container, or one process with Apache Kafka's own jars, in this
 * order.
 * @returns {Promise<{ brokers: string, libs: string | undefined, stop(): Promise<void> }>} `libs` is the
 *   folder of Kafka's jars if they are available, for tests that need its Java tools; `stop` leaves a Kafka
 *   of KAFKA_BROKERS alone
 * @throws {Error} that says what to install when none of these works
 */
export async function acquireKafka(env = process.env) {
  if (env.KAFKA_BROKERS) {
    await untilKafkaReady(env.KAFKA_BROKERS);
    return { brokers: env.KAFKA_BROKERS, libs: env.KAFKA_LIBS || cachedJars(), stop: async () => {} };
  }
  const [port, controllerPort] = await freePorts(2);
  const brokers = `127.0.0.1:${port}`;
  const docker = await dockerAnswers();
  const libs = docker ? cachedJars() : await kafkaJars();
  const server = docker ? await startDocker(port) : await startJars(libs, port, controllerPort);
  try {
    await untilKafkaReady(brokers, server.assertRunning);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { brokers, libs, stop: server.stop };
}

/**
 * Settings for every kind of broker here: broker and controller in one process, quick to start and to expire.
 * @param {{ listeners: string, advertised: string, node?: number, voters: readonly string[] }} place
 *   `voters`: host:port of every node's controller, node 1's first
 */
function settings({ listeners, advertised, node = 1, voters }) {
  const replicas = String(voters.length);
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node),
    'controller.quorum.voters': voters.map((voter, i) => `${i + 1}@${voter}`).join(','),
    listeners,
    'advertised.listeners': advertised,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': voters.length > 1 ? '2' : '1',
    // The default is fifty partitions each, all of which are loaded before the coordinators answer.
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.num.partitions': '4',
    // Retention is checked every second, so that its tests do not wait for minutes.
    'log.initial.task.delay.ms': '1000',
    'log.retention.check.interval.ms': '1000',
  };
}

async function startJars(libs, port, controllerPort) {
  const { start } = await prepareJars(libs, { port, voters: [`127.0.0.1:${controllerPort}`] });
  return start();
}

/** The id of a new cluster, which all its nodes share. */
export const newClusterId = () => randomBytes(16).toString('base64url');

/** Values may have line breaks, such as certificates. */
const propertyValue = (value) => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

/**
 * A folder with formatted storage, and a function that starts a broker on it, also again after `kill`. `configure` replaces
 * `more` for the next start.
 * @param {string} libs the folder of Kafka's jars
 * @param {{ port: number, advertised?: string, node?: number, voters: readonly string[], cluster?: string,
 *   java?: readonly string[], more?: Readonly<Record<string, string>> }} broker
 *   `advertised`: the `host:port` that clients are sent to; `more`: further settings, which override those above
 */
export async function prepareJars(
  libs,
  { port, advertised, node = 1, voters, cluster = newClusterId(), java = ['-Xmx512m'], more = {} },
) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-'));
  try {
    const config = join(folder, 'server.properties');
    const listeners = `PLAINTEXT://127.0.0.1:${port}`;
    const configure = (further) => {
      const all = {
        ...settings({
          listeners: `${listeners},CONTROLLER://${voters[node - 1]}`,
          advertised: advertised === undefined ? listeners : `PLAINTEXT://${advertised}`,
          node,
          voters,
        }),
        'log.dirs': join(folder, 'data'),
        ...further,
      };
      const lines = Object.entries(all).map(([name, value]) => `${name}=${propertyValue(value)}\n`);
      writeFileSync(config, lines.join(''));
    };
    configure(more);
    const classpath = ['-cp', join(libs, '*')];
    // Joined by `=`, because an id may start with a dash, and would be read as an option.
    await run('java', [
      ...classpath,
      'kafka.tools.StorageTool',
      'format',
      `--cluster-id=${cluster}`,
      '-c',
      config,
    ]);
    const start = () =>
      startChild(`Kafka ${node}`, 'java', [...java, ...classpath, 'kafka.Kafka', config], {
        logFile: join(folder, 'kafka.log'),
        folder,
      });
    return { start, configure };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The image takes each setting from the environment: upper case, `_` for `.`, behind `KAFKA_`. */
function startDocker(port) {
  const all = settings({
    listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    // The address outside the container, which clients connect to.
    advertised: `PLAINTEXT://127.0.0.1:${port}`,
    voters: ['127.0.0.1:9093'],
  });
  const env = Object.fromEntries(
    Object.entries(all).map(([name, value]) => [`KAFKA_${name.toUpperCase().replaceAll('.', '_')}`, value]),
  );
  return startContainer(`apache/kafka:${KAFKA_VERSION}`, { publish: `127.0.0.1:${port}:9092`, env });
}
