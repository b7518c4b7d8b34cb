import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { offset, partition } from '../../src/core/ids.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { requireTransactions, type TransactionalBatch } from '../../src/ports/transactional-commit.js';
import {
  keyOf,
  newTopic,
  numbered,
  POLL,
  Recorder,
  readRecords,
  record,
  soon,
  TEST_TIMEOUT,
  text,
  uniqueGroup,
} from '../contract/event-log-tools.js';
import { serviceStateContract } from '../contract/service-state.js';
import { kafkaBrokers } from '../support/services.js';

const brokers = kafkaBrokers();
const openLog = (): Promise<EventLog> =>
  openKafkaLog({ brokers, clientId: 'millrace-test' }, new AbortController().signal);

serviceStateContract('Kafka', async () => {
  const log = await openLog();
  return { log, open: openLog, close: async () => log[Symbol.asyncDispose]() };
});

/** A former owner of the partition, with a transaction under the transactional id that its owners use. */
async function formerOwner(group: string, topic: string) {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 3 } });
  const producer = kafka.producer({
    transactionalId: `${group}-${topic}-0`,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  return { producer, [Symbol.asyncDispose]: () => producer.disconnect() };
}

describe('former owners of a partition', { timeout: TEST_TIMEOUT }, () => {
  it('D9: an open transaction of a former owner is aborted before a fenced member is assigned the partition', async () => {
    await using log = await openLog();
    const [topic, states] = [await newTopic(log, 'in', 1), await newTopic(log, 'states', 1)];
    const group = uniqueGroup();
    await using former = await formerOwner(group, topic);
    const transaction = await former.producer.transaction();
    await transaction.send({ topic: states, messages: [{ key: 'a', value: 'of a former owner' }] });
    const late: unknown[] = [];
    const recorder = new Recorder();
    const handler = {
      assigned: async () => {
        late.push(await transaction.commit().catch((error: unknown) => error));
        return undefined;
      },
      batch: (batch: TransactionalBatch) => recorder.batch(batch),
    };
    await using _ = await requireTransactions(log, 'services').join(
      { group, topics: [topic], fenced: true },
      handler,
      soon(),
    );
    await log.append([record(topic, 'k', 'v')], soon());
    await expect.poll(() => recorder.handled.length, POLL).toBe(1);
    expect(late).toEqual([expect.any(Error)]);
    expect(await readRecords(log, { topic: states, partition: partition(0) })).toEqual([]);
  });

  it('D1: a batch whose commit succeeded although it seemed to fail is not delivered again', async () => {
    await using log = await openLog();
    const [topic, out] = [await newTopic(log, 'in', 1), await newTopic(log, 'out', 1)];
    const group = uniqueGroup();
    await log.append(numbered(topic, 3), soon());
    await using former = await formerOwner(group, topic);
    let first = true;
    const recorder = new Recorder(async (batch) => {
      if (first) {
        first = false;
        const transaction = await former.producer.transaction();
        await transaction.send({ topic: out, messages: [{ value: 'committed' }] });
        const offsets = [{ partition: 0, offset: String(batch.last + 1) }];
        await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions: offsets }] });
        await transaction.commit();
      }
      return batch.commit(batch.records.map((one) => record(out, null, String(text(one)))));
    });
    await using _ = await requireTransactions(log, 'services').join(
      { group, topics: [topic], fenced: true },
      recorder,
      soon(),
    );
    await expect
      .poll(() => recorder.calls.filter((call) => call.startsWith('assigned')).length, POLL)
      .toBe(2);
    await log.append([record(topic, keyOf(partition(0), 1), 'next')], soon());
    await expect.poll(() => recorder.handled.length, POLL).toBe(1);
    const written = await readRecords(log, { topic: out, partition: partition(0) }, offset(0));
    expect(written.map(text)).toEqual(['committed', 'next']);
  });
});
