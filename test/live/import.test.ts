import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SchemaRegistry, startSchemaRegistry } from '../../scripts/services/schema-registry.mjs';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { run } from '../support/run.js';
import { runningSubscriptions } from '../support/running.js';
import { Serializers } from '../support/serializers.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { subscribed } from '../support/sse.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const WAIT = { timeout: 60_000, interval: 50 };
const STARTS_MS = 400_000;

/** Of Confluent's quick start: github.com/confluentinc/kafka-connect-datagen, orders_schema.avro. */
const QUICK_START = JSON.stringify({
  ...{ namespace: 'ksql', name: 'orders', type: 'record' },
  fields: [
    { name: 'ordertime', type: 'long' },
    { name: 'orderid', type: 'int' },
    { name: 'itemid', type: 'string' },
    { name: 'orderunits', type: 'double' },
    {
      name: 'address',
      type: {
        ...{ name: 'address', type: 'record' },
        fields: [
          { name: 'city', type: 'string' },
          { name: 'state', type: 'string' },
          { name: 'zipcode', type: 'long' },
        ],
      },
    },
  ],
});
const JSON_SCHEMA = JSON.stringify({
  ...{ $schema: 'http://json-schema.org/draft-07/schema#', title: 'Payment', type: 'object' },
  required: ['id'],
  properties: {
    id: { type: 'integer' },
    status: { enum: ['OPEN', 'PAID'] },
    at: { type: 'string', format: 'date-time' },
  },
});

/** What the serialisers write to one topic, with a selection and what it shows. */
interface Case {
  readonly format: 'AVRO' | 'PROTOBUF' | 'JSON_SCHEMA';
  readonly schema: string | undefined;
  readonly value: unknown;
  readonly selects: string;
  readonly shown: unknown;
}

const CASES: readonly Case[] = [
  {
    ...{ format: 'AVRO', schema: QUICK_START, selects: '{ ordertime orderunits address { zipcode } }' },
    value: {
      ...{ ordertime: 9_007_199_254_740, orderid: 7, itemid: 'Item_9', orderunits: 2.5 },
      address: { city: 'Mill', state: 'NY', zipcode: 12_345 },
    },
    shown: { ordertime: 9_007_199_254_740, orderunits: 2.5, address: { zipcode: 12_345 } },
  },
  {
    ...{ format: 'PROTOBUF', schema: undefined, selects: '{ id at raw }' },
    value: { id: '900719925474', text: 'a', at: '2026-01-31T09:30:00Z', raw: 'AAEC' },
    shown: { id: 900_719_925_474, at: '2026-01-31T09:30:00Z', raw: 'AAEC' },
  },
  {
    ...{ format: 'JSON_SCHEMA', schema: JSON_SCHEMA, selects: '{ id status at }' },
    value: { id: 3, status: 'PAID', at: '2026-01-31T09:30:00Z' },
    shown: { id: 3, status: 'PAID', at: '2026-01-31T09:30:00Z' },
  },
];

describe('millrace import', { timeout: 240_000 }, () => {
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

  it("writes files for topics of Confluent's serialisers that pass `check`, and whose subscriptions show their events", async () => {
    const prefix = uniqueName('import');
    const cases = CASES.map((one, index) => ({
      ...one,
      topic: `${prefix}.${one.format.toLowerCase()}${index}`,
    }));
    const admin = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({
      waitForLeaders: true,
      topics: cases.map(({ topic }) => ({ topic, numPartitions: 2 })),
    });
    await admin.disconnect();
    await using folder = await folderOf({});
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      REDIS_URL: redisUrl(),
      NAMESPACE: prefix,
      SCHEMA_REGISTRY_URL: registry.url,
    };
    const millrace = (...args: string[]) => run(process.execPath, [MAIN, ...args], { cwd: folder.path, env });
    for (const { topic, format, schema, value } of cases) {
      await serializers.write({ format, topic, schema, key: 'k', value });
      const imported = await millrace('import', '--topic', topic, '--out', `schema/${format}.graphql`);
      expect(imported).toMatchObject({ code: 0, stderr: '' });
    }
    const checked = await millrace('check');
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(checked.stdout).toContain('Compared with registered schemas: ');

    await using node = await startProcess(['start'], { cwd: folder.path, env });
    const queries = cases.map(({ format, selects }, index) => {
      const field = `${format.toLowerCase().replace(/_(.)/g, (_all, next: string) => next.toUpperCase())}${index}`;
      return `subscription { it: ${field} ${selects} }`;
    });
    await using clients = subscribed(node.url, queries);
    await runningSubscriptions(node.url, queries.length);
    for (const { topic, format, schema, value } of cases)
      await serializers.write({ format, topic, schema, key: 'k', value });
    const shown = () =>
      clients.all.map(({ results }) => results.map((result) => result.errors ?? result.data?.['it']));
    await expect.poll(shown, WAIT).toEqual(cases.map((one) => [one.shown]));
  });
});
