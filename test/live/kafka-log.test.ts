import { describe } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { eventLogContract } from '../contract/event-log.js';
import { kafkaBrokers } from '../support/services.js';

const brokers = kafkaBrokers();

describe('with a real Kafka', () => {
  eventLogContract('kafka', async () => {
    const life = new AbortController();
    const open = (): Promise<EventLog> => openKafkaLog({ brokers, clientId: 'millrace-test' }, life.signal);
    const log = await open();
    return { log, open, close: async () => log[Symbol.asyncDispose]() };
  });
});
