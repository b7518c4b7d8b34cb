import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { offset, partition } from '../../src/core/ids.js';
import { partitionOfKey } from '../../src/core/partitioner.js';
import type { EventLog } from '../../src/ports/event-log.js';
import {
  newTopic,
  POLL,
  Recorder,
  readBatches,
  readRecords,
  soon,
  TEST_TIMEOUT,
  text,
  uniqueGroup,
} from '../contract/event-log-tools.js';
import { kafkaBrokers, kafkaLibs } from '../support/services.js';

const brokers = kafkaBrokers();
const libs = kafkaLibs();
const run = promisify(execFile);

/** Compatibility with Kafka's own Java client. */
describe('records of the Java client', { timeout: TEST_TIMEOUT }, () => {
  const life = new AbortController();
  let log: EventLog;
  beforeAll(async () => {
    log = await openKafkaLog({ brokers, clientId: 'millrace-test' }, life.signal);
  });
  afterAll(async () => {
    await log[Symbol.asyncDispose]();
  });

  it('reads what the Java client wrote, whatever the compression, from the partition that partitionOfKey computes', async () => {
    const topic = await newTopic(log, 'java', 3);
    const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
    const count = 300;
    await java('codecs', topic, String(count), ...codecs);
    const seen = new Map<string, number>();
    for (const number of [0, 1, 2]) {
      for (const one of await readRecords(log, { topic, partition: partition(number) })) {
        expect(partitionOfKey(String(one.key), 3)).toBe(number);
        expect(text(one)).toBe(`${one.key} `.repeat(50));
        const codec = String(one.headers['codec']);
        seen.set(codec, (seen.get(codec) ?? 0) + 1);
      }
    }
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(codecs.map((codec) => [codec, count])));
  });

  it('hides records of aborted transactions, and reads past control records at the end of a partition', async () => {
    const topic = await newTopic(log, 'aborted', 1);
    await java('transactions', topic);
    const at = { topic, partition: partition(0) };
    expect(await log.bounds(topic, soon())).toEqual([{ earliest: 0, end: 11 }]);
    expect((await readRecords(log, at)).map(text)).toEqual(['plain', 'kept']);
    // Two transactions that are aborted later lie open where this begins.
    expect((await readRecords(log, at, 2)).map(text)).toEqual(['plain', 'kept']);
    for (const from of [3, 5, 8, 9, 10]) {
      const batches = await readBatches(log, at, from);
      expect(batches.at(-1)?.last).toBe(10);
      expect(batches.flatMap(({ records }) => records.map(text))).toEqual(from <= 7 ? ['kept'] : []);
    }
    const recorder = new Recorder(undefined, () => offset(2));
    await using _ = await log.join({ group: uniqueGroup(), topics: [topic] }, recorder, soon());
    await expect.poll(() => recorder.values(), POLL).toEqual(['plain', 'kept']);
  });
});

async function java(...args: string[]): Promise<void> {
  const source = join(import.meta.dirname, '../support/JavaProducer.java');
  await run('java', ['-Xmx128m', '-cp', join(libs, '*'), source, brokers.join(','), ...args]);
}
