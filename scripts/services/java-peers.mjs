import { join } from 'node:path';
import { MavenJars } from './maven-jars.mjs';

/** What writes and reads the records of others in Java: CloudEvents' SDK, Spring Kafka with Jackson, and Apicurio's serialisers. */
const jars = new MavenJars({
  name: 'java-peers',
  artifacts: [
    // The first of a name counts, so the client is the newest that all of them run on.
    'org.apache.kafka:kafka-clients:4.4.0',
    'io.cloudevents:cloudevents-kafka:4.0.1',
    'io.cloudevents:cloudevents-json-jackson:4.0.1',
    'org.springframework.kafka:spring-kafka:4.1.2',
    'tools.jackson.core:jackson-databind:3.3.0',
    'io.apicurio:apicurio-registry-avro-serde-kafka:3.1.7',
    'io.apicurio:apicurio-registry-protobuf-serde-kafka:3.1.7',
    'io.apicurio:apicurio-registry-jsonschema-serde-kafka:3.1.7',
  ],
});

const SOURCE = join(import.meta.dirname, '../../test/support/producers/JavaPeers.java');

/** The command line of `JavaPeers.java`. The jars are downloaded the first time (about a minute). */
export async function javaPeers() {
  const libs = await jars.fetch();
  return ['java', '-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', join(libs, '*'), SOURCE];
}
