import { randomUUID } from 'node:crypto';
import { untilReady } from './machine.mjs';

/**
 * Resolves once the cluster has a controller and both coordinators answer. A broker accepts connections long before that,
 * but joining a group then crashes the consumer, and transactions cannot begin.
 * @param {string} brokers comma-separated host:port
 */
export async function untilKafkaReady(brokers, assertRunning) {
  const kafka = await quietKafka(brokers);
  const probe = `millrace-probe-${randomUUID()}`;
  await untilReady('Kafka', () => describe(kafka), assertRunning);
  await untilReady("Kafka's group coordinator", () => askGroupCoordinator(kafka, probe), assertRunning);
  await untilReady("Kafka's transaction coordinator", () => beginTransaction(kafka, probe), assertRunning);
}

/**
 * Resolves once broker `id` itself lists it as alive, which is when it may lead. The other brokers list it as alive for a while
 * after it has gone, so they are not asked.
 * @param {string} broker its own host:port
 */
export async function untilBrokerIsUp(broker, id, assertRunning) {
  const kafka = await quietKafka(broker);
  await untilReady(
    `Kafka's broker ${id}`,
    async () => {
      const { brokers: alive } = await describe(kafka);
      if (!alive.some(({ nodeId }) => nodeId === id)) throw new Error('the cluster does not know it yet');
    },
    assertRunning,
  );
}

async function quietKafka(brokers) {
  // Imported here, so that running Redis alone needs no node_modules.
  const { Kafka, logLevel } = (await import('kafkajs')).default;
  return new Kafka({
    clientId: 'millrace-readiness',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 5_000,
    // kafkajs refuses an idempotent producer without retries. The loop around it does the waiting.
    retry: { retries: 1, initialRetryTime: 100 },
  });
}

async function describe(kafka) {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    if (cluster.brokers.length === 0 || cluster.controller === null) {
      throw new Error('the cluster has no controller yet');
    }
    return cluster;
  } finally {
    await admin.disconnect();
  }
}

async function askGroupCoordinator(kafka, groupId) {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.fetchOffsets({ groupId });
  } finally {
    await admin.disconnect();
  }
}

/** An empty transaction needs no topic and leaves nothing behind. */
async function beginTransaction(kafka, transactionalId) {
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  try {
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.abort();
  } finally {
    await producer.disconnect();
  }
}
