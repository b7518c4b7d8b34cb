import { MavenJars } from './maven-jars.mjs';

/** The release the tests run against. */
export const KAFKA_VERSION = '4.1.0';

const jars = new MavenJars({
  name: 'kafka',
  group: 'org.apache.kafka',
  artifact: 'kafka_2.13',
  version: KAFKA_VERSION,
  instead: 'start Docker, or set KAFKA_BROKERS',
});

/** The folder of Kafka's jars, if they were downloaded before. Kafka's Java tools run from there. */
export const cachedJars = () => jars.cached();

/**
 * The folder of Kafka's jars, downloaded through Maven the first time (43 MB, about a minute).
 * @throws {Error} that says what to install when Java or Maven are missing and may not be installed
 */
export const kafkaJars = () => jars.fetch();
