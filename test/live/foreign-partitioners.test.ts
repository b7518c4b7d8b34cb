import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import type { ForeignLibrary } from '../../scripts/services/foreign-producers.mjs';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { cloudEvent, startForeignProducer } from '../support/producing.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { subscribed } from '../support/sse.js';

const ROOMS = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8'];
const PARTITIONS = 4;
const WAIT = { timeout: 60_000, interval: 50 };

const schemaOf = (topic: string, partitioner: string | undefined) => `
  ${partitioner === undefined ? '' : `extend schema @topic(name: "${topic}", partitioner: ${partitioner})`}
  type Query { hello: String }
  type Mutation { say(room: ID!, text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "args.room") }
  type Subscription {
    said: Said! @subscribe(topic: "${topic}")
    saidIn(room: ID!): Said! @subscribe(topic: "${topic}", key: "args.room")
  }
  type Said { room: ID! text: String! }
`;

async function openTopic(): Promise<string> {
  const topic = uniqueName('foreign');
  const admin = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: PARTITIONS }] });
  await admin.disconnect();
  return topic;
}

const said = (room: string, text: string) => cloudEvent('Said', room, { room, text });

async function say({ url }: GatewayProcess, room: string, text: string): Promise<{ partition: number }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: 'mutation ($room: ID!, $text: String!) { say(room: $room, text: $text) { partition } }',
      variables: { room, text },
    }),
  });
  const { data } = (await response.json()) as { data: { say: { partition: number } } };
  return data.say;
}

describe('topics of producers with other partitioners', { timeout: 240_000 }, () => {
  it.each<[ForeignLibrary, string | undefined]>([
    ['confluent-kafka', 'CRC32'],
    ['sarama', 'FNV1A'],
    ['franz-go', 'MURMUR2'],
    ['franz-go', undefined],
    ['confluent-kafka', 'NONE'],
    ['sarama', 'NONE'],
  ])(
    'D2 D3 every key of %s is shown when the topic is declared %s, and mutations put it there too',
    async (library, partitioner) => {
      const topic = await openTopic();
      await using folder = await folderOf({ 'schema/a.graphql': schemaOf(topic, partitioner) });
      const env = { KAFKA_BROKERS: kafkaBrokers().join(','), REDIS_URL: redisUrl(), NAMESPACE: topic };
      await using node = await startProcess(['start'], { cwd: folder.path, env });
      await using clients = subscribed(
        node.url,
        ROOMS.map((room) => `subscription { saidIn(room: "${room}") { text } }`),
      );
      await runningSubscriptions(node.url, ROOMS.length);
      await using producer = await startForeignProducer(library, topic);
      const where = new Map<string, number>();
      for (const room of ROOMS) where.set(room, (await producer.send(said(room, `1 ${room}`))).partition);
      for (const room of ROOMS) {
        const { partition } = await say(node, room, `2 ${room}`);
        if (partitioner !== 'NONE') expect(partition).toBe(where.get(room));
      }
      const texts = () =>
        clients.all.map(({ results }) => results.map(({ data }) => data?.['saidIn']?.text).sort());
      await expect.poll(texts, WAIT).toEqual(ROOMS.map((room) => [`1 ${room}`, `2 ${room}`]));
    },
  );
});
