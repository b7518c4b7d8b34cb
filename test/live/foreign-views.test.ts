import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { cloudEvent, type ForeignProducer, startForeignProducer } from '../support/producing.js';
import { run } from '../support/run.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { overSse, overWebSocket } from '../support/subscriber.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const ROOMS = ['a1', 'a2', 'a3', 'a4'];
const ROUNDS = 6;
const WAIT = { timeout: 60_000, interval: 50 };

const project = (topic: string, partitioner: string | undefined) => ({
  'schema/a.graphql': `
    ${partitioner === undefined ? '' : `extend schema @topic(name: "${topic}", partitioner: ${partitioner})`}
    type Query { talk(room: ID!): Talk @view(name: "talk", key: "args.room") }
    type Mutation {
      say(room: ID!, text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "args.room")
    }
    type Subscription {
      said(room: ID!): SaidOrTalk! @subscribe(topic: "${topic}", key: "args.room")
        @view(name: "talk", key: "args.room", type: "Talk")
    }
    union SaidOrTalk = Said | Talk
    type Said { room: ID! text: String! }
    type Talk { texts: [String!]! }
  `,
  'millrace.config.mjs': `
    const fold = ({ texts }, { data }) => ({ texts: [...texts, data.text] });
    export default { views: [{ name: 'talk', topics: ['${topic}'], initial: { texts: [] }, fold }] };
  `,
});

async function openTopic(): Promise<string> {
  const topic = uniqueName('views-of-others');
  const admin = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 4 }] });
  await admin.disconnect();
  return topic;
}

async function ask(
  { url }: GatewayProcess,
  query: string,
): Promise<Record<string, Record<string, unknown> | null>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const answer = (await response.json()) as {
    data: Awaited<ReturnType<typeof ask>> | null;
    errors?: unknown;
  };
  if (answer.data === null || answer.errors !== undefined) throw new Error(JSON.stringify(answer));
  return answer.data;
}

interface Frame {
  readonly data: { readonly said: { readonly text?: string; readonly texts?: readonly string[] } };
}

/** A subscription that begins with the state, and the texts that it has shown: those of the state first. */
function follow(url: string, room: string, open: typeof overSse) {
  const frames: Frame[] = [];
  const query = `subscription { said(room: "${room}", snapshot: true) { ... on Said { text } ... on Talk { texts } } }`;
  const { close } = open({ url, query, variables: {}, take: (frame) => frames.push(frame as Frame) });
  return {
    room,
    texts: () => frames.flatMap(({ data: { said } }) => said.texts ?? [said.text ?? '']),
    firstIsState: () => frames[0]?.data.said.texts !== undefined,
    close,
  };
}

/** Each writer numbers what it writes, so its own texts show their order. */
const byWriter = (texts: readonly string[]): Record<string, readonly number[]> => {
  const numbers: Record<string, number[]> = {};
  for (const text of texts) {
    const [writer = '', n] = text.split(' ');
    numbers[writer] = [...(numbers[writer] ?? []), Number(n)];
  }
  return numbers;
};

describe('views of topics whose producers use other partitioners', { timeout: 240_000 }, () => {
  it.each([[undefined], ['NONE']])(
    'D3 fold all events of a key wherever they lie, those of each producer in order; snapshots, rebuilds and a wiped Redis included (partitioner: %s)',
    async (partitioner) => {
      const topic = await openTopic();
      await using folder = await folderOf(project(topic, partitioner));
      const env = {
        KAFKA_BROKERS: kafkaBrokers().join(','),
        REDIS_URL: redisUrl(),
        NAMESPACE: topic,
        CURSOR_SECRET: 'a secret of all nodes',
        VIEW_DEADLINE_MS: '30000',
      };
      await using one = await startProcess(['start'], { cwd: folder.path, env });
      await using two = await startProcess(['gateway'], { cwd: folder.path, env });
      await using confluent = await startForeignProducer('confluent-kafka', topic);
      await using sarama = await startForeignProducer('sarama', topic);
      const foreign = (producer: ForeignProducer, name: string) => (room: string, n: number) =>
        producer.send(cloudEvent('Said', room, { room, text: `${name} ${n}` }));
      const writers = {
        ours: (room: string, n: number) =>
          ask(one, `mutation { say(room: "${room}", text: "ours ${n}") { partition } }`),
        confluent: foreign(confluent, 'confluent'),
        sarama: foreign(sarama, 'sarama'),
      };
      const all = Array.from({ length: ROUNDS }, (_, n) => n);
      const expected = { ours: all, confluent: all, sarama: all };
      const followers: ReturnType<typeof follow>[] = [];
      const followAll = (): void => {
        for (const [i, room] of ROOMS.entries())
          followers.push(follow(i % 2 === 0 ? one.url : two.url, room, i < 2 ? overSse : overWebSocket));
      };
      followAll();
      for (const n of all) {
        for (const room of ROOMS) await Promise.all(Object.values(writers).map((write) => write(room, n)));
        if (n === 1 || n === 3) followAll();
      }
      followAll();
      const seen = () => followers.map((one) => byWriter(one.texts()));
      await expect.poll(seen, WAIT).toEqual(followers.map(() => expected));
      // There was no state yet when the first ones began.
      for (const { firstIsState } of followers.slice(ROOMS.length)) expect(firstIsState()).toBe(true);
      for (const { close } of followers) await close();
      const states = async () => {
        const found: unknown[] = [];
        for (const room of ROOMS) {
          const { talk } = await ask(two, `{ talk(room: "${room}") { texts } }`);
          // The form of `Talk`.
          found.push(byWriter((talk?.['texts'] ?? []) as readonly string[]));
        }
        return found;
      };
      expect(await states()).toEqual(ROOMS.map(() => expected));
      const replay = [MAIN, 'replay', '--group', 'talk', '--from', 'start'];
      const rebuilt = await run(process.execPath, replay, { cwd: folder.path, env });
      expect(rebuilt).toMatchObject({ code: 0, stdout: expect.stringContaining('Switched.') });
      expect(await states()).toEqual(ROOMS.map(() => expected));
      const redis = new Redis(redisUrl());
      const keys = await redis.keys(`${topic}:*`);
      expect(keys.length).toBeGreaterThan(0);
      await redis.del(...keys);
      redis.disconnect();
      await expect.poll(states, WAIT).toEqual(ROOMS.map(() => expected));
      const late = ROOMS.map((room) => follow(two.url, room, overSse));
      await expect
        .poll(() => late.map((one) => byWriter(one.texts())), WAIT)
        .toEqual(ROOMS.map(() => expected));
      for (const { close } of late) await close();
    },
  );
});
