import { readFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKafkaConnect } from '../../scripts/services/kafka-connect.mjs';
import { type Postgres, startPostgres } from '../../scripts/services/postgres.mjs';
import { ResourceStack } from '../../src/core/resource-stack.js';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { type SseClient, subscribed } from '../support/sse.js';

const WAIT = { timeout: 60_000, interval: 50 };
const STARTS_MS = 400_000;

/** Topics of one worker. Connect's converters are JsonConverter; `plain` ones have `schemas.enable=false`. */
const name = uniqueName('connect');
const lines = `${name}.lines`;
const plainLines = `${name}.plain-lines`;
const customers = `${name}.public.customers`;
const plainCustomers = `${name}.plain.public.customers`;
const orders = `${name}.orders.order`;
const orderTexts = `${name}.order-texts.order`;
const topics = [lines, plainLines, customers, plainCustomers, orders, orderTexts];

const schema = `
  extend schema
    @topic(name: "${lines}", envelope: CONNECT, key: CONNECT, types: { rule: LAST_NAME })
    @topic(name: "${plainLines}", envelope: JSON, key: JSON)
    @topic(name: "${customers}", envelope: DEBEZIUM, key: CONNECT)
    @topic(name: "${plainCustomers}", envelope: DEBEZIUM, key: JSON)
    @topic(name: "${orders}", envelope: DEBEZIUM_OUTBOX, types: {})
    @topic(name: "${orderTexts}", envelope: DEBEZIUM_OUTBOX, key: CONNECT, types: {})
  type Query { hello: String }
  type Mutation {
    write(text: String!): Published! @publish(topic: "${lines}", type: "Line", key: "'k'")
    writePlain(text: String!): Published! @publish(topic: "${plainLines}", type: "Line", key: "'k'")
  }
  type Subscription {
    lines: Line! @subscribe(topic: "${lines}")
    plainLines: Line! @subscribe(topic: "${plainLines}")
    customers: CustomerChange! @subscribe(topic: "${customers}")
    plainCustomers: CustomerChange! @subscribe(topic: "${plainCustomers}")
    orders: OrderEvent! @subscribe(topic: "${orders}")
    orderTexts: OrderEvent! @subscribe(topic: "${orderTexts}")
  }
  type Line { text: String! }
  type CustomerChange { op: String! before: Customer after: Customer }
  type Customer { id: ID! name: String balance: Decimal born: Date seen: DateTime }
  union OrderEvent = OrderPlaced | OrderPaid
  type OrderPlaced { orderId: ID! total: ID! }
  type OrderPaid { orderId: ID! by: String! }
`;

const tables = `
  CREATE TABLE customers (id bigint PRIMARY KEY, name text, balance numeric(12, 2), born date, seen timestamptz);
  ALTER TABLE customers REPLICA IDENTITY FULL;
  CREATE TABLE outbox (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), aggregatetype text NOT NULL,
    aggregateid text NOT NULL, type text NOT NULL, payload jsonb);
  INSERT INTO customers VALUES (1, 'Ada', 12.50, '1815-12-10', '2026-01-31T09:30:00.123456Z');
`;

const plain = {
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.schemas.enable': 'false',
};
const plainKeys = {
  'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'key.converter.schemas.enable': 'false',
};
const textKeys = { 'key.converter': 'org.apache.kafka.connect.storage.StringConverter' };

/** Debezium, with a replication slot of its own. */
const debezium = (port: number, slot: string, table: string, prefix: string) => ({
  'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
  'plugin.name': 'pgoutput',
  'database.hostname': '127.0.0.1',
  'database.port': String(port),
  'database.user': 'postgres',
  'database.password': 'unused',
  'database.dbname': 'postgres',
  'slot.name': slot,
  'publication.name': slot,
  'publication.autocreate.mode': 'filtered',
  'table.include.list': `public.${table}`,
  'topic.prefix': prefix,
});

const router = (prefix: string) => ({
  transforms: 'outbox',
  'transforms.outbox.type': 'io.debezium.transforms.outbox.EventRouter',
  'transforms.outbox.route.topic.replacement': `${prefix}.\${routedByValue}`,
  'transforms.outbox.table.fields.additional.placement': 'type:header:eventType',
});

const source = (file: string, topic: string) => ({
  'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
  file,
  topic,
  transforms: 'field,name',
  'transforms.field.type': 'org.apache.kafka.connect.transforms.HoistField$Value',
  'transforms.field.field': 'text',
  'transforms.name.type': 'org.apache.kafka.connect.transforms.SetSchemaMetadata$Value',
  'transforms.name.schema.name': 'com.acme.talk.Line',
});

const sink = (file: string, topic: string) => ({
  'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
  file,
  topics: topic,
  transforms: 'field',
  'transforms.field.type': 'org.apache.kafka.connect.transforms.ExtractField$Value',
  'transforms.field.field': 'text',
});

const shown = (client: SseClient | undefined) => client?.results.map(({ data }) => data?.['it']);
const eventsOf = (client: SseClient | undefined) =>
  client?.results.map(({ extensions }) => extensions?.event ?? {}) ?? [];

describe('a worker of Kafka Connect', { timeout: 240_000 }, () => {
  const stack = new ResourceStack();
  let node: GatewayProcess;
  let postgres: Postgres;
  let folder: string;
  beforeAll(async () => {
    const admin = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({
      waitForLeaders: true,
      topics: topics.map((topic) => ({ topic, numPartitions: 1 })),
    });
    await admin.disconnect();
    postgres = await startPostgres();
    stack.defer(() => postgres.stop());
    await postgres.query(tables);
    const files = { 'schema/a.graphql': schema, 'lines.txt': '', 'plain-lines.txt': '' };
    folder = stack.use(await folderOf(files)).path;
    const { port } = postgres;
    const connectors = {
      lines: source(join(folder, 'lines.txt'), lines),
      'plain-lines': { ...source(join(folder, 'plain-lines.txt'), plainLines), ...plain, ...plainKeys },
      'lines-out': sink(join(folder, 'lines.out'), lines),
      'plain-lines-out': { ...sink(join(folder, 'plain-lines.out'), plainLines), ...plain, ...plainKeys },
      customers: debezium(port, 'a', 'customers', name),
      'plain-customers': { ...debezium(port, 'b', 'customers', `${name}.plain`), ...plain, ...plainKeys },
      orders: {
        ...debezium(port, 'c', 'outbox', `${name}.c`),
        ...router(`${name}.orders`),
        'transforms.outbox.table.expand.json.payload': 'true',
        ...plain,
        ...textKeys,
      },
      'order-texts': { ...debezium(port, 'd', 'outbox', `${name}.d`), ...router(`${name}.order-texts`) },
    };
    const env = { KAFKA_BROKERS: kafkaBrokers().join(','), REDIS_URL: redisUrl(), NAMESPACE: name };
    const starting = startProcess(['start'], { cwd: folder, env }).then((one) => stack.use(one));
    const connect = await startKafkaConnect({ brokers: kafkaBrokers(), connectors });
    stack.defer(() => connect.stop());
    node = await starting;
  }, STARTS_MS);
  afterAll(() => stack[Symbol.asyncDispose]());

  it.each([
    ['with its schemas', 'lines', 'write'],
    ['without schemas', 'plainLines', 'writePlain'],
  ])(
    'D3 what its JsonConverter writes %s is shown, and it reads what a mutation publishes',
    async (_with, field, mutation) => {
      const file = join(folder, field === 'lines' ? 'lines' : 'plain-lines');
      await using clients = subscribed(node.url, [`subscription { it: ${field} { text } }`]);
      await runningSubscriptions(node.url, 1);
      await appendFile(`${file}.txt`, 'theirs “ä”\n');
      await expect.poll(() => shown(clients.all[0]), WAIT).toEqual([{ text: 'theirs “ä”' }]);
      const response = await fetch(`${node.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: `mutation { ${mutation}(text: "ours “ä”") { offset } }` }),
      });
      expect(await response.json()).toEqual({ data: { [mutation]: { offset: '1' } } });
      await expect
        .poll(() => shown(clients.all[0]), WAIT)
        .toEqual([{ text: 'theirs “ä”' }, { text: 'ours “ä”' }]);
      expect(eventsOf(clients.all[0]).map((event) => event['type'])).toEqual(['Line', 'Line']);
      // A sink has read both.
      await expect.poll(() => readFileSync(`${file}.out`, 'utf8'), WAIT).toBe('theirs “ä”\nours “ä”\n');
    },
  );

  it("D3 Debezium's changes of a table are shown with and without Connect's schemas, its tombstone is not", async () => {
    const selection = 'op before { name } after { id name balance born seen }';
    // Without a schema nothing tells what a number of days or the bytes of a decimal are.
    const plainSelection = 'op before { name } after { id name seen }';
    await using clients = subscribed(node.url, [
      `subscription { it: customers(since: "1970-01-01T00:00:00Z") { ${selection} } }`,
      `subscription { it: plainCustomers(since: "1970-01-01T00:00:00Z") { ${plainSelection} } }`,
    ]);
    const [changes, plainChanges] = clients.all;
    const seen = '2026-01-31T09:30:00.123456Z';
    const ada = { id: '1', name: 'Ada', balance: '12.50', born: '1815-12-10', seen };
    const read = { op: 'r', before: null, after: ada };
    await expect.poll(() => shown(changes), WAIT).toEqual([read]);
    await expect.poll(() => shown(plainChanges)?.length, WAIT).toBe(1);
    await postgres.query(`
      UPDATE customers SET name = 'Ada L.' WHERE id = 1;
      DELETE FROM customers WHERE id = 1;
      INSERT INTO customers VALUES (9007199254740993, 'Eve', 0.00, NULL, NULL);
    `);
    const eve = { id: '9007199254740993', name: 'Eve', balance: '0.00', born: null, seen: null };
    const all = [
      read,
      { op: 'u', before: { name: 'Ada' }, after: { ...ada, name: 'Ada L.' } },
      { op: 'd', before: { name: 'Ada L.' }, after: null },
      { op: 'c', before: null, after: eve },
    ];
    await expect.poll(() => shown(changes), WAIT).toEqual(all);
    const withoutTypes = all.map(({ after, ...change }) => {
      if (after === null) return { ...change, after };
      const { balance: _balance, born: _born, ...rest } = after;
      return { ...change, after: rest };
    });
    await expect.poll(() => shown(plainChanges), WAIT).toEqual(withoutTypes);
    for (const client of [changes, plainChanges]) {
      const keys = eventsOf(client).map((event) => event['key']);
      expect(keys).toEqual(['{"id":1}', '{"id":1}', '{"id":1}', '{"id":9007199254740993}']);
    }
  });

  it("D3 messages of Debezium's outbox event router are shown by the type in their header, with an object or its text as payload", async () => {
    const selection = '__typename ... on OrderPlaced { orderId total } ... on OrderPaid { orderId by }';
    await using clients = subscribed(node.url, [
      `subscription { it: orders { ${selection} } }`,
      `subscription { it: orderTexts { ${selection} } }`,
    ]);
    await runningSubscriptions(node.url, 2);
    const ids = await postgres.query(`
      INSERT INTO outbox (aggregatetype, aggregateid, type, payload) VALUES
        ('order', 'o1', 'OrderPlaced', '{"orderId": "o1", "total": 9007199254740993}'),
        ('order', 'o1', 'OrderPaid', '{"orderId": "o1", "by": "“ä”"}')
      RETURNING id;
    `);
    for (const client of clients.all) {
      await expect
        .poll(() => shown(client), WAIT)
        .toEqual([
          { __typename: 'OrderPlaced', orderId: 'o1', total: '9007199254740993' },
          { __typename: 'OrderPaid', orderId: 'o1', by: '“ä”' },
        ]);
      const events = eventsOf(client);
      expect(events.map((event) => event['id'])).toEqual(ids.split('\n'));
      expect(events.map((event) => event['key'])).toEqual(['o1', 'o1']);
    }
  });
});
