import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foreignProducer } from '../../scripts/services/foreign-producers.mjs';
import { type SchemaRegistry, startSchemaRegistry } from '../../scripts/services/schema-registry.mjs';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { LineProgram } from '../support/line-program.js';
import { JSON_SCHEMA, openTopic, place, schemaOf } from '../support/registered-orders.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl } from '../support/services.js';
import { subscribed } from '../support/sse.js';

const WAIT = { timeout: 60_000, interval: 50 };
const STARTS_MS = 400_000;

/** What Apicurio's serialisers for Java are given. Those of Confluent are not on Maven Central. */
const APICURIO = 'io.apicurio.registry.serde';
const HEADERS = { 'apicurio.registry.headers.enabled': 'true' };
const fields = (names: readonly string[]) =>
  names.map((name) => ({ name, type: name === 'id' ? 'long' : 'string' }));
const ORDER_AVRO = {
  type: 'record',
  name: 'Order',
  namespace: 'com.acme',
  fields: fields(['id', 'text', 'at']),
};
const APICURIO_SERDES = [
  {
    format: 'AVRO',
    serde: `${APICURIO}.avro.AvroKafka`,
    given: { kind: 'AVRO', schema: JSON.stringify(ORDER_AVRO) },
    settings: [{}, HEADERS],
    reading: {},
  },
  {
    format: 'PROTOBUF',
    serde: `${APICURIO}.protobuf.ProtobufKafka`,
    given: { kind: 'PROTOBUF', message: 'Order' },
    settings: [
      // The name of the message comes first, not Confluent's index.
      {},
      HEADERS,
      { 'apicurio.registry.serde.send-type-ref': 'false', 'apicurio.registry.serde.send-indexes': 'true' },
    ],
    // It reads the index over, and has to be told the class of the message: one of protobuf's own, whose first field is an int64.
    reading: {
      'apicurio.registry.serde.read-type-ref': 'false',
      'apicurio.registry.serde.read-indexes': 'true',
      'apicurio.registry.deserializer.value.return-class': 'com.google.protobuf.Int64Value',
    },
  },
  {
    format: 'JSON_SCHEMA',
    serde: `${APICURIO}.jsonschema.JsonSchemaKafka`,
    given: { kind: 'JSON' },
    settings: [{}, HEADERS],
    reading: {
      'apicurio.registry.deserializer.value.return-class': 'com.fasterxml.jackson.databind.node.ObjectNode',
    },
  },
] as const;

describe("topics whose values Apicurio's serialisers write", { timeout: 240_000 }, () => {
  let registry: SchemaRegistry;
  let java: LineProgram;
  beforeAll(async () => {
    java = new LineProgram("Apicurio's serialisers", [
      ...(await foreignProducer('java')),
      kafkaBrokers().join(','),
    ]);
    registry = await startSchemaRegistry();
  }, STARTS_MS);
  afterAll(async () => {
    await java?.[Symbol.asyncDispose]();
    await registry?.stop();
  });

  it.each(APICURIO_SERDES)(
    "$format: what Apicurio's serialiser writes with ids in values or in headers is shown, and what a mutation publishes its deserialiser reads",
    async ({ format, serde, given, settings, reading }) => {
      const topic = await openTopic();
      const client = {
        'apicurio.registry.url': registry.url.replace('/apis/ccompat/v7', '/apis/registry/v3'),
        ...(format === 'JSON_SCHEMA'
          ? { 'apicurio.registry.find-latest': 'true' }
          : { 'apicurio.registry.auto-register': 'true' }),
      };
      if (format === 'JSON_SCHEMA') await register(registry.url, topic, JSON_SCHEMA);
      await using folder = await folderOf({ 'schema/a.graphql': schemaOf(topic, format) });
      const env = {
        KAFKA_BROKERS: kafkaBrokers().join(','),
        REDIS_URL: redisUrl(),
        NAMESPACE: topic,
        SCHEMA_REGISTRY_URL: registry.url,
      };
      await using node = await startProcess(['start'], { cwd: folder.path, env });
      await using clients = subscribed(node.url, ['subscription { it: orders(text: "x") { id text at } }']);
      await runningSubscriptions(node.url, 1);
      const at = '2026-01-31T09:30:00.123Z';
      for (const [n, more] of settings.entries()) {
        const request = {
          op: 'write',
          serializer: `${serde}Serializer`,
          settings: { ...client, ...more },
          topic,
        };
        await java.ask({ ...request, ...given, key: 'k', value: { id: n, text: 'x', at } });
      }
      const theirs = settings.map((_one, n) => ({ id: String(n), text: 'x', at }));
      const shown = () => clients.all[0]?.results.map(({ data }) => data?.['it']);
      await expect.poll(shown, WAIT).toEqual(theirs);

      const answer = await place(node, { id: '99', text: 'x', at });
      expect(answer.errors).toBeUndefined();
      await expect.poll(shown, WAIT).toEqual([...theirs, { id: '99', text: 'x', at }]);
      const { partition, offset } = answer.data?.place ?? { partition: -1, offset: '' };
      const read = await java.ask({
        op: 'read',
        deserializer: `${serde}Deserializer`,
        settings: { ...client, ...reading },
        topic,
        partition,
        offset: Number(offset),
      });
      expect(JSON.stringify(read)).toMatch(/"id":"?99"?,"text":"x"/);
    },
  );
});

/** JSON Schema is the only format that Apicurio's serialisers cannot register: nothing in the data tells it. */
async function register(url: string, topic: string, schema: string): Promise<void> {
  const response = await fetch(`${url}/subjects/${topic}-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schemaType: 'JSON', schema }),
  });
  expect(response.status).toBe(200);
}
