import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { cloudEvent, startForeignProducer } from '../support/producing.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { subscribed } from '../support/sse.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';

const ROOMS = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8'];

const schemaOf = (topic: string): string => `
  type Query { hello: String }
  type Mutation { say(room: ID!, text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "args.room") }
  type Subscription { it(room: ID!): Said! @subscribe(topic: "${topic}", key: "args.room") }
  type Said { room: ID! text: String! }
`;

async function createTopic(topic: string): Promise<void> {
  const admin = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 4 }] });
  await admin.disconnect();
}

async function say({ url }: GatewayProcess, room: string, text: string): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: 'mutation ($room: ID!, $text: String!) { say(room: $room, text: $text) { offset } }',
      variables: { room, text },
    }),
  });
  expect(await response.json()).toMatchObject({ data: { say: {} } });
}

/** A producer with librdkafka's partitioner, which the schema does not declare. */
describe('producers with another partitioner', { timeout: CASE_TIMEOUT }, () => {
  it('D2 D3 a foreign producer starts while subscriptions to keys run, and the relay is killed under it: each gets each event once', async () => {
    const topic = uniqueName('foreign');
    await createTopic(topic);
    await using folder = await folderOf({ 'schema/a.graphql': schemaOf(topic) });
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      REDIS_URL: redisUrl(),
      NAMESPACE: topic,
      CURSOR_SECRET: 'a secret of all nodes',
      // The successor of a killed relay gets its partitions after this time.
      KAFKA_SESSION_TIMEOUT_MS: '6000',
    };
    const start = (role: string): Promise<GatewayProcess> => startProcess([role], { cwd: folder.path, env });
    await using killed = await start('relay');
    await using one = await start('gateway');
    await using two = await start('gateway');
    const queries = ROOMS.map((room) => `subscription { it(room: "${room}") { text } }`);
    await using here = subscribed(one.url, queries);
    await using there = subscribed(two.url, queries);
    for (const { url } of [one, two]) await runningSubscriptions(url, ROOMS.length);

    const expected = new Map(ROOMS.map((room): [string, string[]] => [room, []]));
    await using producer = await startForeignProducer('confluent-kafka', topic);
    const round = async (name: string): Promise<void> => {
      for (const room of ROOMS) {
        expected.get(room)?.push(`ours ${name}`, `theirs ${name}`);
        await say(one, room, `ours ${name}`);
        await producer.send(cloudEvent('Said', room, { room, text: `theirs ${name}` }));
      }
    };
    await round('1');
    // Whether it had noticed the first foreign record yet or not: nothing of the log is passed over unchecked.
    await killed.kill('SIGKILL');
    await round('2');
    await using _successor = await start('relay');
    await round('3');

    const texts = ({ all }: typeof here) =>
      all.map(({ results }) => results.map(({ data }) => data?.['it']?.text).sort());
    const all = ROOMS.map((room) => [...(expected.get(room) ?? [])].sort());
    for (const side of [here, there]) await expect.poll(() => texts(side), EVENTUALLY).toEqual(all);
  });
});
