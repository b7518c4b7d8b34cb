import { MavenJars } from './maven-jars.mjs';

const jars = new MavenJars({
  name: 'spring-kafka',
  version: '4.1.2',
  artifacts: ['org.springframework.kafka:spring-kafka:4.1.2'],
  instead: 'set SPRING_KAFKA_LIBS',
});

/**
 * The folder of Spring Kafka's jars: that of SPRING_KAFKA_LIBS, or downloaded ones (30 MB).
 * @throws {Error} that says what to install when Java or Maven are missing and may not be installed
 */
export const springKafkaJars = async () => process.env.SPRING_KAFKA_LIBS || (await jars.fetch());
