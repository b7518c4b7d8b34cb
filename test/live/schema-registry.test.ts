import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SchemaRegistry, startSchemaRegistry } from '../../scripts/services/schema-registry.mjs';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { runningSubscriptions } from '../support/running.js';
import { Serializers } from '../support/serializers.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
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
const JSON_SCHEMA = JSON.stringify({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Order',
  type: 'object',
  required: ['id', 'text'],
  properties: { id: { type: 'integer' }, text: { type: 'string' }, at: { type: 'string' } },
});

const schemaOf = (topic: string, format: string) => `
  extend schema @topic(name: "${topic}", envelope: JSON, value: ${format}, types: { rule: LAST_NAME })
  type Query { hello: String }
  type Mutation { place(id: ID!, text: String!, at: DateTime!): Published! @publish(topic: "${topic}", type: "Order", key: "args.id") }
  type Subscription { orders(text: String!): Order! @subscribe(topic: "${topic}", filter: "event.text == args.text") }
  type Order { id: ID! text: String! at: DateTime! }
`;

async function place({ url }: GatewayProcess, variables: object) {
  const query =
    'mutation ($id: ID!, $text: String!, $at: DateTime!) { place(id: $id, text: $text, at: $at) { partition offset } }';
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as {
    data: { place: { partition: number; offset: string } } | null;
    errors?: readonly { message: string; extensions: { code: string } }[];
  };
}

async function openTopic(): Promise<string> {
  const topic = uniqueName('registry');
  const admin = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2 }] });
  await admin.disconnect();
  return topic;
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
});
