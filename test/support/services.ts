import { randomUUID } from 'node:crypto';

/** Where the Redis of this test run is: `redis://host:port`. */
export function redisUrl(): string {
  return fromEnvironment('REDIS_URL');
}

/** Where the Kafka of this test run is: `host:port`, one entry per broker. */
export function kafkaBrokers(): string[] {
  return fromEnvironment('KAFKA_BROKERS').split(',');
}

/** The folder of Kafka's own jars, for tests that run its Java client. */
export function kafkaLibs(): string {
  return fromEnvironment('KAFKA_LIBS');
}

/** A name no other test uses, valid as a topic, a consumer group and a Redis key prefix. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 13)}`;
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(
      `${name} is not set. Run the tests with \`npm test\`, which starts Kafka and Redis, or start them with ` +
        '`npm run services` and export what it prints.',
    );
  }
  return value;
}
