import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foreignProducer } from '../../scripts/services/foreign-producers.mjs';
import { ResourceStack } from '../../src/core/resource-stack.js';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { LineProgram } from '../support/line-program.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { subscribed } from '../support/sse.js';

const WAIT = { timeout: 60_000, interval: 50 };
const STARTS_MS = 400_000;

/** The class that Spring is given, which its serialisers name in the header `__TypeId__`. */
const CLASS = 'JavaPeers$Order';
const topic = uniqueName('spring');
const schema = `
  extend schema
    @topic(name: "${topic}", envelope: JSON, types: { header: "__TypeId__", names: [{ name: "${CLASS}", type: "Order" }] })
  type Query { hello: String }
  type Mutation { place(id: ID!, text: String!): Published! @publish(topic: "${topic}", type: "Order", key: "args.id") }
  type Subscription { orders(text: String!): Event! @subscribe(topic: "${topic}", filter: "event.text == args.text") }
  union Event = Order | Other
  type Order { id: ID! text: String! }
  type Other { text: String }
`;

describe("Spring Kafka's JSON serialisers", { timeout: 240_000 }, () => {
  const stack = new ResourceStack();
  let java: LineProgram;
  let node: GatewayProcess;
  beforeAll(async () => {
    java = stack.use(
      new LineProgram('Spring', [...(await foreignProducer('java')), kafkaBrokers().join(',')]),
    );
    const admin = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
    await admin.disconnect();
    const folder = stack.use(await folderOf({ 'schema/a.graphql': schema }));
    const env = { KAFKA_BROKERS: kafkaBrokers().join(','), REDIS_URL: redisUrl(), NAMESPACE: topic };
    node = stack.use(await startProcess(['start'], { cwd: folder.path, env }));
  }, STARTS_MS);
  afterAll(() => stack[Symbol.asyncDispose]());

  // Jackson 2 and Jackson 3.
  it.each(['JsonSerializer', 'JacksonJsonSerializer'])(
    'D3 what %s writes is shown by the type in its header, and its deserialiser makes an object of what a mutation publishes',
    async (serializer) => {
      await using clients = subscribed(node.url, [
        `subscription { it: orders(text: "${serializer}") { __typename ... on Order { id text } } }`,
      ]);
      await runningSubscriptions(node.url, 1);
      const name = `org.springframework.kafka.support.serializer.${serializer}`;
      const value = { id: 7, text: serializer };
      await java.ask({ op: 'write', serializer: name, topic, key: '7', kind: 'POJO', value });
      const query = `mutation { place(id: "8", text: "${serializer}") { offset } }`;
      const response = await fetch(`${node.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      const { data } = (await response.json()) as { data: { place: { offset: string } } };
      const shown = () => clients.all[0]?.results.map((result) => result.data?.['it']);
      const order = { __typename: 'Order', text: serializer };
      await expect.poll(shown, WAIT).toEqual([
        { ...order, id: '7' },
        { ...order, id: '8' },
      ]);
      const read = await java.ask({
        op: 'read',
        deserializer: name.replace('Serializer', 'Deserializer'),
        settings: { 'spring.json.trusted.packages': '*' },
        topic,
        partition: 0,
        offset: Number(data.place.offset),
      });
      expect(read).toEqual({ class: CLASS, value: { id: 8, text: serializer, at: null } });
    },
  );
});
