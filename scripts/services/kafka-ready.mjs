import { randomUUID } from 'node:crypto';
import { untilReady } from './machine.mjs';

/**
 * Resolves once the cluster has a controller and both coordinators answer. A broker accepts connections
 * long before: until then joining a group crashes the consumer, and a transaction cannot begin.
 * @param {string} brokers comma-separated host:port
 */
export async function untilKafkaReady(brokers, assertRunning) {
  // Imported here, so that a Redis alone needs no node_modules.
  const { Kafka, logLevel } = (await import('kafkajs')).default;
  const kafka = new Kafka({
    clientId: 'millrace-readiness',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 5_000,
    // kafkajs refuses an idempotent producer without retries; the loop around it is what waits.
    retry: { retries: 1, initialRetryTime: 100 },
  });
  const probe = `millrace-probe-${randomUUID()}`;
  await untilReady('Kafka', () => describe(kafka), assertRunning);
  await untilReady("Kafka's group coordinator", () => askGroupCoordinator(kafka, probe), assertRunning);
  await untilReady("Kafka's transaction coordinator", () => beginTransaction(kafka, probe), assertRunning);
}

async function describe(kafka) {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers, controller } = await admin.describeCluster();
    if (brokers.length === 0 || controller === null) throw new Error('the cluster has no controller yet');
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

/** A transaction without records: it needs no topic, and leaves nothing behind. */
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
