import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { springKafkaJars } from '../../scripts/services/spring-kafka-jars.mjs';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { bytesOfText, textOfBytes } from '../../src/core/byte-text.js';
import { partition, topic } from '../../src/core/ids.js';
import { type Header, headersOf } from '../../src/core/record.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { deadLetterTopic } from '../../src/dead-letters/topic-name.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { BatchDecoder } from '../../src/relay/batch-decoder.js';
import { deadLettersContract } from '../contract/dead-letters.js';
import { readBatches, readRecords, soon, TEST_TIMEOUT } from '../contract/event-log-tools.js';
import { folderOf } from '../support/gateway-process.js';
import { run } from '../support/run.js';
import { kafkaBrokers, uniqueName } from '../support/services.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const brokers = kafkaBrokers();
const execute = promisify(execFile);
const open = (signal: AbortSignal): Promise<EventLog> =>
  openKafkaLog({ brokers, clientId: 'millrace-test' }, signal);

deadLettersContract('Kafka', async () => {
  const life = new AbortController();
  const log = await open(life.signal);
  return { log, open: () => open(life.signal), close: async () => log[Symbol.asyncDispose]() };
});

/** Compatibility with the real Spring Kafka, in both directions. */
describe("Spring Kafka's dead letters", { timeout: 2 * TEST_TIMEOUT }, () => {
  const life = new AbortController();
  let log: EventLog;
  let libs: string;
  beforeAll(async () => {
    log = await open(life.signal);
    libs = await springKafkaJars();
  }, 3 * TEST_TIMEOUT);
  afterAll(async () => {
    await log[Symbol.asyncDispose]();
  });

  const spring = async (...args: string[]): Promise<string> => {
    const source = join(import.meta.dirname, '../support/SpringDeadLetters.java');
    const options = ['-Xmx128m', '-cp', join(libs, '*'), source, brokers.join(',')];
    return (await execute('java', [...options, ...args])).stdout;
  };
  const key = textOfBytes(Buffer.from('f81d4fae7dec11d0a76500a0c91e6bf6', 'hex'));
  const headerList: Header[] = [
    ['twice', 'one'],
    ['none', null],
    ['twice', textOfBytes(Buffer.from('00ff80c3', 'hex'))],
  ];
  const value = Buffer.from('not json');

  it('D10 a dead letter that Spring Kafka wrote is listed and redriven, byte for byte and to its partition', async () => {
    const name = topic(uniqueName('spring-writes'));
    const spec = { partitions: 3, replicas: 1, config: {} };
    const topics = [name, deadLetterTopic(name, '-dlt')].map((one) => ({ topic: one, ...spec }));
    await log.ensureTopics(topics, { create: true }, soon());
    const at = { topic: name, partition: partition(2) };
    await log.append([{ ...at, key, headers: {}, headerList, value }], soon());
    const [original] = await readRecords(log, at);
    await spring('fail', name, '1');

    await using folder = await folderOf({
      'schema/a.graphql': `
        type Query { ok: Boolean }
        type Subscription { said: Said! @subscribe(topic: "${name}") }
        type Said { text: String! }
      `,
    });
    // Without any setting: Spring's own suffix is read, too.
    const env = { KAFKA_BROKERS: brokers.join(','), NAMESPACE: name };
    const command = (...args: string[]) =>
      run(process.execPath, [MAIN, 'dead-letters', ...args], { cwd: folder.path, env });
    const listed = await command('list', '--json');
    expect(listed.stderr).toBe('');
    expect(JSON.parse(listed.stdout)).toMatchObject({
      topic: name,
      partition: 2,
      offset: '0',
      kind: 'org.springframework.kafka.listener.ListenerExecutionFailedException',
      reason: expect.stringContaining('No credit'),
      keyBytes: bytesOfText(key).toString('base64'),
      value: 'not json',
      newest: { topic: `${name}-dlt` },
    });
    const retried = await command('retry');
    expect([retried.stderr, retried.code]).toEqual(['', 0]);
    const [, back] = await readRecords(log, at);
    expect(back && headersOf(back)).toEqual(headerList);
    expect(back).toMatchObject({ key, value, headers: original?.headers });
    expect((await command('retry')).stdout).toBe('There is nothing to redrive.\n');
  });

  it('D10 a dead letter of ours has the headers that a Spring Kafka listener reads', async () => {
    const name = topic(uniqueName('spring-reads'));
    const letters = deadLetterTopic(name, '-dlt');
    const topics = [name, letters].map((one) => ({ topic: one, partitions: 3, replicas: 1, config: {} }));
    await log.ensureTopics(topics, { create: true }, soon());
    const at = { topic: name, partition: partition(1) };
    await log.append([{ ...at, key, headers: {}, headerList, value }], soon());
    const decoder = new BatchDecoder({
      log,
      decoder: new RecordDecoder(),
      metrics: new Metrics(),
      logger: openLogger('silent'),
      group: 'millrace-relay',
      deadLetterSuffix: '-dlt',
    });
    const [batch] = await readBatches(log, at, 0);
    if (batch === undefined) throw new Error('nothing was read');
    await decoder.decode(batch, soon());
    const timestamp = batch.records[0]?.timestamp;
    const reason = `the value is not JSON: Unexpected token 'o', "not json" is not valid JSON`;
    const read = await spring('letters', letters, '1');
    expect(read.trim()).toBe(
      [
        bytesOfText(key).toString('hex'),
        name,
        '1',
        '0',
        timestamp,
        'CreateTime',
        'millrace-relay',
        'millrace.data',
        reason,
        `millrace.data: ${reason}`,
      ].join('|'),
    );
  });
});
