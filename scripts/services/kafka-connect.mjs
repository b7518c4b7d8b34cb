import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from './child.mjs';
import { freePorts, untilReady } from './machine.mjs';
import { MavenJars } from './maven-jars.mjs';

const KAFKA = '4.3.1';
const DEBEZIUM = '3.6.1.Final';

const jars = new MavenJars({
  name: 'kafka-connect',
  artifacts: [
    `org.apache.kafka:connect-runtime:${KAFKA}`,
    `org.apache.kafka:connect-file:${KAFKA}`,
    `io.debezium:debezium-connector-postgres:${DEBEZIUM}`,
    // Kafka's distribution brings it; the worker does not start without.
    'org.apache.logging.log4j:log4j-slf4j-impl:2.25.5',
    'org.apache.logging.log4j:log4j-core:2.25.5',
  ],
});

/**
 * Starts a standalone worker of Kafka Connect with these connectors, and waits until their tasks run. Its converters are
 * Connect's defaults.
 * @param {{ brokers: readonly string[], connectors: Record<string, Record<string, string>> }} options
 * @returns {Promise<{ stop(): Promise<void> }>}
 */
export async function startKafkaConnect({ brokers, connectors }) {
  const libs = await jars.fetch();
  const [port] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), 'millrace-connect-'));
  const write = (name, settings) => {
    const file = join(folder, `${name}.properties`);
    writeFileSync(
      file,
      Object.entries(settings)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    return file;
  };
  const worker = write('worker', {
    'bootstrap.servers': brokers.join(','),
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'offset.storage.file.filename': join(folder, 'offsets'),
    'offset.flush.interval.ms': '1000',
    listeners: `http://127.0.0.1:${port}`,
    // Without looking into each class of each jar.
    'plugin.discovery': 'service_load',
  });
  const files = Object.entries(connectors).map(([name, settings]) => write(name, { name, ...settings }));
  const java = ['-Xmx384m', '-XX:TieredStopAtLevel=1', '-cp', join(libs, '*')];
  const main = 'org.apache.kafka.connect.cli.ConnectStandalone';
  const server = startChild('Kafka Connect', 'java', [...java, main, worker, ...files], {
    logFile: join(folder, 'connect.log'),
    folder,
  });
  const probe = async () => {
    for (const name of Object.keys(connectors)) {
      const response = await fetch(`http://127.0.0.1:${port}/connectors/${name}/status`);
      const { tasks = [] } = await response.json();
      if (tasks.length === 0 || tasks.some(({ state }) => state !== 'RUNNING'))
        throw new Error(`the connector ${name} does not run: ${JSON.stringify(tasks)}`);
    }
  };
  try {
    await untilReady('Kafka Connect', probe, server.assertRunning);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { stop: () => server.stop() };
}
