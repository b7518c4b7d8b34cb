import { describe, expect, it } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { type Offset, topic as topicOf } from '../../src/core/ids.js';
import { record, soon, TEST_TIMEOUT } from '../contract/event-log-tools.js';
import { kafkaBrokers, uniqueName } from '../support/services.js';

/** A topic whose `max.message.bytes` is lower than usual. */
async function small() {
  const life = new AbortController();
  const log = await openKafkaLog({ brokers: kafkaBrokers(), clientId: 'millrace-test' }, life.signal);
  const topic = topicOf(uniqueName('limits'));
  const config = { 'max.message.bytes': '20000' };
  await log.ensureTopics([{ topic, partitions: 1, replicas: 1, config }], { create: true }, soon());
  return { log, topic, [Symbol.asyncDispose]: () => log[Symbol.asyncDispose]() };
}

const offsets = (positions: readonly { readonly offset: Offset }[]) => positions.map(({ offset }) => offset);

describe('a topic with a limit of its own', { timeout: TEST_TIMEOUT }, () => {
  it('D1: splits the records of one append into batches below max.message.bytes, in order', async () => {
    await using on = await small();
    const records = Array.from({ length: 100 }, (_, i) => record(on.topic, 'k', `${i} ${'x'.repeat(1_000)}`));
    expect(offsets(await on.log.append(records, soon()))).toEqual(records.map((_, i) => i));
  });

  it('D1: refuses a record one byte above max.message.bytes, and accepts one that fits', async () => {
    await using on = await small();
    // What a record of this key and no headers is counted as beside its value.
    const beside = 61 + 32 + 1;
    const of = (bytes: number) => ({ ...record(on.topic, 'k', ''), headers: {}, value: Buffer.alloc(bytes) });
    const little = record(on.topic, 'k', 'small');
    await expect(on.log.append([little, of(20_001 - beside)], soon())).rejects.toMatchObject({
      code: 'EVENT_TOO_LARGE',
      details: { topic: on.topic, limit: 20_000 },
    });
    expect(offsets(await on.log.append([of(20_000 - beside), little], soon()))).toEqual([0, 1]);
  });
});
