import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { poisonInputsContract } from '../contract/poison-inputs.js';
import { kafkaBrokers } from '../support/services.js';

poisonInputsContract('Kafka', async () => {
  const life = new AbortController();
  const open = (): Promise<EventLog> =>
    openKafkaLog({ brokers: kafkaBrokers(), clientId: 'millrace-test' }, life.signal);
  const log = await open();
  return { log, open, close: async () => log[Symbol.asyncDispose]() };
});
