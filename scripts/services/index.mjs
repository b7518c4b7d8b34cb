import { acquireKafka } from './kafka.mjs';
import { acquireRedis } from './redis.mjs';

/**
 * Provides Kafka and Redis for tests.
 * @returns {Promise<{ env: Record<string, string>, stop(): Promise<void> }>} `env` has the variables that the tests read:
 *   REDIS_URL, KAFKA_BROKERS and, if Kafka's jars are available, KAFKA_LIBS
 * @throws {Error} with one line for each unavailable service, after stopping what was started
 */
export async function acquireServices() {
  // One after the other: both may install packages, which only one process may do at a time.
  const redis = await settle(acquireRedis());
  const kafka = await settle(acquireKafka());
  const stop = async () => {
    await Promise.all([redis.value?.stop(), kafka.value?.stop()]);
  };
  if (!redis.value || !kafka.value) {
    await stop();
    const errors = [redis.error, kafka.error].filter((error) => error !== undefined);
    throw new AggregateError(errors, errors.map((error) => error.message).join('\n'));
  }
  return {
    env: {
      REDIS_URL: redis.value.url,
      KAFKA_BROKERS: kafka.value.brokers,
      ...(kafka.value.libs === undefined ? {} : { KAFKA_LIBS: kafka.value.libs }),
    },
    stop,
  };
}

async function settle(promise) {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}
