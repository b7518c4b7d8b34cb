import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKafkaConnect } from '../../scripts/services/kafka-connect.mjs';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { offset, partition, type Topic, topic } from '../../src/core/ids.js';
import { headersOf, type LogRecord } from '../../src/core/record.js';
import { appendDeadLetters } from '../../src/dead-letters/append.js';
import { deadLetterRecord } from '../../src/dead-letters/dead-letter.js';
import { deadLetterTopic } from '../../src/dead-letters/topic-name.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { run } from '../support/run.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const COUNT = 1_500;
const WAIT = { timeout: 90_000, interval: 100 };
const signal = AbortSignal.timeout(400_000);

const schemaOf = (name: Topic): string => `
  type Query { ok: Boolean }
  type Subscription { said: Said! @subscribe(topic: "${name}") }
  type Said { text: String! }
`;

describe('dead letters in Kafka, from the console', { timeout: 300_000 }, () => {
  let log: EventLog;
  beforeAll(async () => {
    log = await openKafkaLog({ brokers: kafkaBrokers(), clientId: 'millrace-test' }, signal);
  }, 60_000);
  afterAll(async () => {
    await log?.[Symbol.asyncDispose]();
  });

  async function newTopic(prefix: string): Promise<Topic> {
    const name = topic(uniqueName(prefix));
    const spec = { partitions: 1, replicas: 1, config: {} };
    const topics = [name, deadLetterTopic(name)].map((one) => ({ topic: one, ...spec }));
    await log.ensureTopics(topics, { create: true }, signal);
    return name;
  }

  async function recordsOf(name: Topic): Promise<LogRecord[]> {
    const all: LogRecord[] = [];
    const range = { topic: name, partition: partition(0), from: offset(0) };
    for await (const { records } of log.read(range, signal)) all.push(...records);
    return all;
  }

  async function ask(url: string, query: string): Promise<Record<string, Record<string, unknown>>> {
    const response = await fetch(`${url}/console/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = await response.json();
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  }

  it('D10 two consoles and the command line put the same records back at the same time, and one of them is killed: each record goes back once', async () => {
    const name = await newTopic('letters-at-once');
    const headers = {
      ce_specversion: '1.0',
      ce_source: '/t',
      ce_type: 'Said',
      'content-type': 'application/json',
    };
    // Large enough to be several batches, and so several transactions.
    const value = Buffer.from(JSON.stringify({ text: 'x'.repeat(3_000) }));
    const letters = Array.from({ length: COUNT }, (_, n) =>
      deadLetterRecord(
        { topic: name, partition: partition(0), offset: offset(n) },
        { key: `k${n}`, headers: { ...headers, ce_id: `id-${n}` }, timestamp: 1, value },
        { kind: 'execution', reason: 'no', field: 'said' },
      ),
    );
    for (let i = 0; i < COUNT; i += 150) await appendDeadLetters(log, letters.slice(i, i + 150));

    await using folder = await folderOf({ 'schema/a.graphql': schemaOf(name) });
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      REDIS_URL: redisUrl(),
      NAMESPACE: name,
      CURSOR_SECRET: 'a secret of letters',
    };
    const options = { cwd: folder.path, env };
    await using one = await startProcess(['gateway'], options);
    await using other = await startProcess(['gateway'], options);
    const mutation = `mutation { putBackDeadLetters(selection: { topic: "${name}" }) { id state putBack problem } }`;
    const killed = ask(one.url, mutation).catch(() => undefined);
    const ofOther = ask(other.url, mutation);
    const command = run(process.execPath, [MAIN, 'dead-letters', 'retry', '--json'], options);
    const putBack = async (): Promise<number> => (await log.bounds(name, signal))[0]?.end ?? 0;
    await expect.poll(putBack, WAIT).toBeGreaterThan(0);
    await one.kill('SIGKILL');
    await killed;
    const { code, stderr } = await command;
    expect([code, stderr]).toEqual([0, '']);
    const { id } = (await ofOther)['putBackDeadLetters'] ?? {};
    // The answer came when the run took long; the run goes on.
    const query = `mutation { putBackDeadLetters(selection: { topic: "${name}" }) { state putBack alreadyPutBack } }`;
    expect(id).toEqual(expect.any(String));
    await expect
      .poll(async () => (await ask(other.url, query))['putBackDeadLetters'], WAIT)
      .toEqual({ state: 'DONE', putBack: 0, alreadyPutBack: COUNT });
    const keys = (await recordsOf(name)).map(({ key }) => key);
    expect(keys).toHaveLength(COUNT);
    expect(new Set(keys).size).toBe(COUNT);
  });

  it('D10 a dead letter of a real sink connector of Kafka Connect is grouped with its reason, tried, and put back byte for byte', async () => {
    const name = await newTopic('letters-connect');
    await using folder = await folderOf({ 'schema/a.graphql': schemaOf(name) });
    const bytes = Buffer.from('{"text": 1');
    await log.append([{ topic: name, key: 'k', headers: { own: 'header' }, value: bytes }], signal);
    const connect = await startKafkaConnect({
      brokers: kafkaBrokers(),
      connectors: {
        [name]: {
          'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
          file: `${folder.path}/lines`,
          topics: name,
          'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
          'errors.tolerance': 'all',
          'errors.deadletterqueue.topic.name': deadLetterTopic(name),
          'errors.deadletterqueue.topic.replication.factor': '1',
          'errors.deadletterqueue.context.headers.enable': 'true',
        },
      },
    });
    try {
      const written = async (): Promise<number> =>
        (await log.bounds(deadLetterTopic(name), signal))[0]?.end ?? 0;
      await expect.poll(written, WAIT).toBe(1);
    } finally {
      await connect.stop();
    }
    const env = { KAFKA_BROKERS: kafkaBrokers().join(','), NAMESPACE: name };
    const command = (...args: string[]) =>
      run(process.execPath, [MAIN, 'dead-letters', ...args], { cwd: folder.path, env });
    expect(JSON.parse((await command('groups', '--json')).stdout)).toMatchObject({
      topic: name,
      format: 'CONNECT',
      kind: 'org.apache.kafka.connect.errors.DataException',
      group: `connect-${name}`,
      reason: expect.stringMatching(/^VALUE_CONVERTER: Converting byte\[\] to Kafka Connect data failed/),
      records: 1,
    });
    const tried = (await command('retry', '--dry-run')).stdout;
    expect(tried).toContain('0 of 1 would go through');
    expect(tried).toContain('1 would fail again: It cannot be decoded');
    expect((await command('retry')).stdout).toContain('Redriven: 1.');
    const [before, after, ...others] = await recordsOf(name);
    expect(others).toEqual([]);
    const exact = (record?: LogRecord) => record && [record.key, headersOf(record), record.value];
    expect(exact(after)).toEqual(exact(before));
    expect(exact(before)).toEqual(['k', [['own', 'header']], bytes]);
  });
});
