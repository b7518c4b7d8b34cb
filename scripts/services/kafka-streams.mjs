import { MavenJars } from './maven-jars.mjs';

const VERSION = '4.4.0';

const jars = new MavenJars({
  name: 'kafka-streams',
  version: VERSION,
  artifacts: [`org.apache.kafka:kafka-streams:${VERSION}`],
});

/** The folder of the jars of Kafka Streams, the baseline of `bench saga`. */
export const kafkaStreamsJars = () => jars.fetch();
