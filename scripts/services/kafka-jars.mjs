import { MavenJars } from './maven-jars.mjs';

/**
 * The releases that Millrace supports, newest first. `npm test` runs on the newest; `npm run test:kafkas` runs the live tests on
 * the others: 3.9 is the last before 4.0, and still common.
 */
export const KAFKA_VERSIONS = ['4.4.0', '4.1.2', '3.9.2'];

/** The release that brokers are started with. */
export const KAFKA_VERSION = process.env.KAFKA_VERSION || KAFKA_VERSIONS[0];

const jars = new MavenJars({
  name: 'kafka',
  version: KAFKA_VERSION,
  artifacts: [`org.apache.kafka:kafka_2.13:${KAFKA_VERSION}`],
  instead: 'start Docker, or set KAFKA_BROKERS',
});

/** The folder of Kafka's jars, if they were downloaded before. Kafka's Java tools run from there. */
export const cachedJars = () => jars.cached();

/**
 * The folder of Kafka's jars, downloaded through Maven the first time (43 MB, about a minute).
 * @throws {Error} that says what to install when Java or Maven are missing and may not be installed
 */
export const kafkaJars = () => jars.fetch();
