import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type SchemaRegistry, startSchemaRegistry } from '../../scripts/services/schema-registry.mjs';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { offset, partition as partitionOf, topic as topicOf } from '../../src/core/ids.js';
import { readDeadLetter } from '../../src/dead-letters/dead-letter.js';
import { TcpProxy } from '../faults/support/proxy.js';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { JSON_SCHEMA, openTopic, place, schemaOf } from '../support/registered-orders.js';
import { runningSubscriptions } from '../support/running.js';
import { Serializers } from '../support/serializers.js';
import { kafkaBrokers, redisUrl } from '../support/services.js';
import { subscribed } from '../support/sse.js';

const WAIT = { timeout: 60_000, interval: 50 };
const STARTS_MS = 400_000;

const AVRO_SCHEMA = JSON.stringify({
  type: 'record',
  name: 'Order',
  namespace: 'com.acme',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'text', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'raw', type: ['null', 'bytes'], default: null },
  ],
});
/** Appends a value as it is, with the key of the other records. */
async function send(topic: string, value: Buffer, compression = CompressionTypes.None): Promise<void> {
  const producer = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic, compression, messages: [{ key: 'k', value }] });
  await producer.disconnect();
}

async function deadLettersOf(topic: string) {
  const signal = AbortSignal.timeout(WAIT.timeout);
  await using log = await openKafkaLog({ brokers: kafkaBrokers(), clientId: 'test' }, signal);
  const at = { topic: topicOf(`${topic}.dlt`), partition: partitionOf(0) };
  const [bounds] = await log.bounds(at.topic, signal);
  const letters: { value: Buffer | null; reason: string | undefined }[] = [];
  for await (const { records } of log.read(
    { ...at, from: offset(0), until: bounds?.end ?? offset(0) },
    signal,
  ))
    for (const record of records)
      letters.push({ value: record.value, reason: readDeadLetter(at, record)?.reason });
  return letters;
}

describe('topics whose values have a schema in a registry', { timeout: 240_000 }, () => {
  let registry: SchemaRegistry;
  let serializers: Serializers;
  beforeAll(async () => {
    registry = await startSchemaRegistry();
    serializers = await Serializers.start(registry.url);
  }, STARTS_MS);
  afterAll(async () => {
    await serializers?.[Symbol.asyncDispose]();
    await registry?.stop();
  });

  const AT = Date.parse('2026-01-31T09:30:00.123Z');
  it.each([
    ['AVRO', AVRO_SCHEMA, { id: 9007199254740, text: 'theirs', at: AT, raw: null }],
    ['PROTOBUF', undefined, { id: '9007199254740993', text: 'theirs', at: '2026-01-31T09:30:00.123Z' }],
    ['JSON_SCHEMA', JSON_SCHEMA, { id: 9007199254740, text: 'theirs', at: '2026-01-31T09:30:00.123Z' }],
  ] as const)(
    "%s: what Confluent's serialiser writes is shown and filtered, and what a mutation publishes its deserialiser reads",
    async (format, schema, value) => {
      const topic = await openTopic();
      await serializers.write({
        format,
        topic,
        schema,
        key: 'k',
        value: { ...value, text: 'registers the schema' },
      });
      await using folder = await folderOf({ 'schema/a.graphql': schemaOf(topic, format) });
      const env = {
        KAFKA_BROKERS: kafkaBrokers().join(','),
        REDIS_URL: redisUrl(),
        NAMESPACE: topic,
        SCHEMA_REGISTRY_URL: registry.url,
      };
      await using node = await startProcess(['start'], { cwd: folder.path, env });
      const queries = ['theirs', 'ours'].map(
        (text) => `subscription { it: orders(text: "${text}") { id text at } }`,
      );
      await using clients = subscribed(node.url, queries);
      await runningSubscriptions(node.url, queries.length);

      await serializers.write({ format, topic, schema, key: 'k', value });
      const answer = await place(node, {
        id: '9007199254740993',
        text: 'ours',
        at: '2026-01-31T09:30:00.123Z',
      });
      expect(answer.errors).toBeUndefined();
      const shown = () => clients.all.map(({ results }) => results.map(({ data }) => data?.['it']));
      const at = '2026-01-31T09:30:00.123Z';
      await expect
        .poll(shown, WAIT)
        .toEqual([
          [{ id: String(value.id), text: 'theirs', at }],
          [{ id: '9007199254740993', text: 'ours', at }],
        ]);

      const { partition, offset } = answer.data?.place ?? { partition: -1, offset: '' };
      const read = await serializers.read({ format, topic, schema, partition, offset: Number(offset) });
      expect(JSON.stringify(read)).toContain('"text":"ours"');
    },
  );

  it('D10 over TLS: a partition waits while the registry is away, nothing is skipped, and it continues; an unknown schema, or a batch that becomes too large, is a dead letter', async () => {
    const topic = await openTopic();
    const proxy = await TcpProxy.open({ target: registry.tlsUrl });
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const write = (schema: string, text: string, more: object = {}) =>
      serializers.write({
        format: 'AVRO',
        topic,
        schema,
        key: 'k',
        value: { id: 1, text, at: AT, raw: null, ...more },
      });
    await write(AVRO_SCHEMA, 'before the process');
    await using folder = await folderOf({
      'schema/a.graphql': schemaOf(topic, 'AVRO').replace(
        'filter: "event.text == args.text"',
        'key: "args.text"',
      ),
    });
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      REDIS_URL: redisUrl(),
      NAMESPACE: topic,
      SCHEMA_REGISTRY_URL: `https://${proxy.address}${new URL(registry.tlsUrl).pathname}`,
      SCHEMA_REGISTRY_SSL_CA: registry.ca,
      KAFKA_MAX_INFLATED_BYTES: '1048576',
    };
    await using node = await startProcess(['start'], { cwd: folder.path, env });
    const query = 'subscription { it: orders(text: "k") { text } }';
    await using clients = subscribed(node.url, [query]);
    await runningSubscriptions(node.url, 1);
    const shown = () =>
      clients.all.map(({ results }) =>
        results.map(({ data }) => (data?.['it'] as { text: string } | undefined)?.text),
      );
    await write(AVRO_SCHEMA, 'one');
    await expect.poll(shown, WAIT).toEqual([['one']]);

    proxy.refuse();
    const grown = JSON.parse(AVRO_SCHEMA) as { fields: unknown[] };
    grown.fields.push({ name: 'more', type: 'int', default: 0 });
    await write(JSON.stringify(grown), 'two', { more: 2 });
    await write(AVRO_SCHEMA, 'three');
    const ready = async () => {
      const response = await fetch(`${node.url}/readyz`);
      return [response.status, ((await response.json()) as { checks: object }).checks];
    };
    await expect.poll(ready, WAIT).toEqual([503, expect.objectContaining({ registry: 'unavailable' })]);
    const metrics = async () => (await fetch(`${node.url}/metrics`)).text();
    await expect.poll(metrics, WAIT).toMatch(/^millrace_problems_total\{kind="schema-registry"\} [1-9]/m);
    expect(node.errors).toContain('the schema registry does not answer; waiting for it');
    expect(await metrics()).not.toMatch(/^millrace_dead_letters_total.* [1-9]/m);
    expect(shown()).toEqual([['one']]);

    proxy.pass();
    await expect.poll(shown, WAIT).toEqual([['one', 'two', 'three']]);
    await expect.poll(ready, WAIT).toEqual([200, expect.objectContaining({ registry: 'ok' })]);

    const unknown = Buffer.from('0000ffffff02', 'hex');
    await send(topic, unknown);
    // A batch of some kilobytes that becomes 8 MB.
    await send(topic, Buffer.alloc(8_000_000, 'x'), CompressionTypes.GZIP);
    await write(AVRO_SCHEMA, 'four');
    await expect.poll(shown, WAIT).toEqual([['one', 'two', 'three', 'four']]);
    const reasons = async () => (await deadLettersOf(topic)).map(({ reason }) => reason);
    // A node may read the log before the relay does, which writes the dead letters.
    await expect
      .poll(reasons, WAIT)
      .toEqual([
        expect.stringContaining('the schema registry has no schema 16777215'),
        expect.stringMatching(
          /^the batch of 1 records at the offsets .* more than 1048576 bytes when decompressed/,
        ),
      ]);
    const letters = await deadLettersOf(topic);
    expect(letters[0]?.value).toEqual(unknown);
    expect(letters[1]?.value?.length).toBeLessThan(50_000);
  });

  it.each([['AVRO'], ['JSON_SCHEMA']] as const)(
    "%s: with SCHEMA_REGISTRY_AUTO_REGISTER the first mutation registers the schema of its type, and Confluent's deserialiser reads it",
    async (format) => {
      const topic = await openTopic();
      await using folder = await folderOf({ 'schema/a.graphql': schemaOf(topic, format) });
      const env = {
        KAFKA_BROKERS: kafkaBrokers().join(','),
        REDIS_URL: redisUrl(),
        NAMESPACE: topic,
        SCHEMA_REGISTRY_URL: registry.url,
        SCHEMA_REGISTRY_AUTO_REGISTER: 'true',
      };
      await using node = await startProcess(['start'], { cwd: folder.path, env });
      const at = '2026-01-31T09:30:00.123Z';
      const answer = await place(node, { id: 'o-1', text: 'ours', at });
      expect(answer.errors).toBeUndefined();
      const latest = await fetch(`${registry.url}/subjects/${topic}-value/versions/latest`);
      const { schema } = (await latest.json()) as { schema: string };
      expect(schema).toContain('Order');
      const { partition, offset: number } = answer.data?.place ?? { partition: -1, offset: '' };
      const read = await serializers.read({ format, topic, schema, partition, offset: Number(number) });
      expect(read).toMatchObject({ id: 'o-1', text: 'ours' });
    },
  );
});
