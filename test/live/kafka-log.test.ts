import { describe } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { eventLogContract } from '../contract/event-log.js';

const brokers = process.env['KAFKA_BROKERS']?.split(',') ?? [];

describe.skipIf(brokers.length === 0)('with a real Kafka', () => {
  eventLogContract('kafka', async () => {
    const life = new AbortController();
    const open = (): Promise<EventLog> => openKafkaLog({ brokers, clientId: 'millrace-test' }, life.signal);
    const log = await open();
    return { log, open, close: async () => log[Symbol.asyncDispose]() };
  });
});
