import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import type { ForeignLibrary } from '../../scripts/services/foreign-producers.mjs';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { cloudEvent, startForeignProducer } from '../support/producing.js';
import { run } from '../support/run.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { type SseClient, subscribed } from '../support/sse.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const ROOMS = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8'];
const PARTITIONS = 4;
const WAIT = { timeout: 60_000, interval: 50 };

const schemaOf = (topic: string, partitioner: string | undefined) => `
  ${partitioner === undefined ? '' : `extend schema @topic(name: "${topic}", partitioner: ${partitioner})`}
  type Query { hello: String }
  type Mutation {
    say(room: ID!, text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "args.room")
    ask(room: ID!): Said! @publish(topic: "${topic}", type: "Asked", key: "args.room", outcome: { types: ["Said"], within: "1m" })
  }
  type Subscription {
    asked: Asked! @subscribe(topic: "${topic}")
    saidIn(room: ID!): Said! @subscribe(topic: "${topic}", key: "args.room")
  }
  type Said { room: ID! text: String! }
  type Asked { room: ID! }
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

  it.each<ForeignLibrary>(['confluent-kafka', 'sarama'])(
    'D2 D3 D4 without a declaration, %s is noticed: running subscriptions on two nodes, cursors and outcomes lose nothing, and Redis may be wiped',
    async (library) => {
      const topic = await openTopic();
      await using folder = await folderOf({ 'schema/a.graphql': schemaOf(topic, undefined) });
      const env = {
        KAFKA_BROKERS: kafkaBrokers().join(','),
        REDIS_URL: redisUrl(),
        NAMESPACE: topic,
        CURSOR_SECRET: 'a secret of all nodes',
      };
      await using one = await startProcess(['start'], { cwd: folder.path, env });
      await using two = await startProcess(['gateway'], { cwd: folder.path, env });
      const queries = ROOMS.map((room) => `subscription { it: saidIn(room: "${room}") { text } }`);
      await using here = subscribed(one.url, queries);
      await using there = subscribed(two.url, queries);
      for (const { url } of [one, two]) await runningSubscriptions(url, ROOMS.length);
      const expected = new Map(ROOMS.map((room): [string, string[]] => [room, []]));
      const say1 = async (room: string, text: string): Promise<void> => {
        expected.get(room)?.push(text);
        await say(one, room, text);
      };
      for (const room of ROOMS) await say1(room, `ours ${room}`);
      const shown = ({ all }: typeof here): unknown => all.map(textsOf);
      const all = (): unknown => ROOMS.map((room) => [...(expected.get(room) ?? [])].sort());
      for (const side of [here, there]) await expect.poll(() => shown(side), WAIT).toEqual(all());
      // Each has a position in one partition.
      const cursors = here.all.map(({ cursor }) => cursor);

      await using producer = await startForeignProducer(library, topic);
      const put = async (room: string, text: string): Promise<void> => {
        expected.get(room)?.push(text);
        await producer.send(said(room, text));
      };
      for (const room of ROOMS) await put(room, `first ${room}`);
      for (const room of ROOMS) await put(room, `second ${room}`);
      for (const side of [here, there]) await expect.poll(() => shown(side), WAIT).toEqual(all());
      expect(one.errors).toContain(`@topic(name: \\"${topic}\\", partitioner: NONE)`);
      expect(one.errors.match(/a record does not lie/g)).toHaveLength(1);

      const after = (cursor: string | undefined, room: string) =>
        `subscription { it: saidIn(room: "${room}", after: "${cursor}") { text } }`;
      await using resumed = subscribed(
        two.url,
        ROOMS.map((room, i) => after(cursors[i], room)),
      );
      const foreign = ROOMS.map((room) => [`first ${room}`, `second ${room}`]);
      await expect.poll(() => shown(resumed), WAIT).toEqual(foreign);

      await using questions = subscribed(two.url, ['subscription { it: asked { text: room } }']);
      await runningSubscriptions(two.url, 2 * ROOMS.length + 1);
      const answered = ask(one, 'a1', topic);
      await expect.poll(() => shown(questions), WAIT).toEqual([['a1']]);
      const answer = cloudEvent('Said', 'a1', { room: 'a1', text: 'answer' }, { ce_correlationid: topic });
      expected.get('a1')?.push('answer');
      await producer.send(answer);
      expect(await answered).toEqual({ text: 'answer' });

      await wipe(topic);
      for (const room of ROOMS) await put(room, `third ${room}`);
      for (const side of [here, there]) await expect.poll(() => shown(side), WAIT).toEqual(all());
      await using three = await startProcess(['gateway'], { cwd: folder.path, env });
      await using late = subscribed(
        three.url,
        ROOMS.map(
          (room) => `subscription { it: saidIn(room: "${room}", since: "2020-01-01T00:00:00Z") { text } }`,
        ),
      );
      await expect.poll(() => shown(late), WAIT).toEqual(all());
    },
  );
});

describe('millrace check --live', { timeout: 120_000 }, () => {
  it('says which partitioner fits the records of a topic, which are not events, and which types nothing shows; fails when what is declared does not hold', async () => {
    const topic = await openTopic();
    await using producer = await startForeignProducer('confluent-kafka', topic);
    for (const room of ROOMS) await producer.send(said(room, room));
    await producer.send(cloudEvent('com.acme.order.OrderPlaced.v1', 'a1', {}));
    await producer.send({ key: 'a2', headers: {}, value: 'not json' });
    const checked = async (partitioner: string | undefined, ...args: string[]) => {
      await using folder = await folderOf({ 'schema/a.graphql': schemaOf(topic, partitioner) });
      const env = { KAFKA_BROKERS: kafkaBrokers().join(',') };
      return await run(process.execPath, [MAIN, 'check', '--live', ...args], { cwd: folder.path, env });
    };
    const assumed = await checked(undefined);
    expect(assumed).toMatchObject({ code: 0, stderr: '' });
    expect(assumed.stdout).toContain(`${topic}: 10 records read, 10 with a key, 4 partitions`);
    expect(assumed.stdout).toMatch(/[0-9] of 10 keys lie where MURMUR2 \(assumed\) puts them/);
    expect(assumed.stdout).toContain(
      `all 10 lie where CRC32 puts them: write @topic(name: "${topic}", partitioner: CRC32)`,
    );
    expect(assumed.stdout).toContain('1 records are not events: data');
    expect(assumed.stdout).toContain(
      '1 events have a type that no field shows: com.acme.order.OrderPlaced.v1',
    );
    const right = await checked('CRC32', '--json');
    expect(right.code).toBe(0);
    expect(JSON.parse(right.stdout)).toMatchObject({ topic, partitioner: 'CRC32', keyed: 10, holds: true });
    const wrong = await checked('FNV1A');
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toContain('FNV1A (declared)');
  });
});

const textsOf = ({ results }: SseClient): unknown[] => results.map(({ data }) => data?.['it']?.text).sort();

/** The answer of a mutation that waits for its outcome. */
async function ask({ url }: GatewayProcess, room: string, correlationId: string): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-correlation-id': correlationId },
    body: JSON.stringify({ query: `mutation { ask(room: "${room}") { text } }` }),
  });
  const { data, errors } = (await response.json()) as { data: { ask: unknown } | null; errors?: unknown };
  return data?.ask ?? errors;
}

/** Deletes everything that Redis has of a namespace. */
async function wipe(namespace: string): Promise<void> {
  const redis = new Redis(redisUrl());
  const keys = await redis.keys(`${namespace}:*`);
  expect(keys.length).toBeGreaterThan(0);
  await redis.del(...keys);
  redis.disconnect();
}
