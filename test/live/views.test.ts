import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { overSse, overWebSocket } from '../support/subscriber.js';

const schemaOn = (topic: string) => `
  type Query { talk(key: ID!): Talk @view(name: "talk", key: "args.key") }
  type Mutation { say(key: ID!, n: Int!): Published! @publish(topic: "${topic}", type: "Said", key: "args.key", data: "{'n': args.n}") }
  type Subscription {
    said(key: ID!): SaidOrTalk! @subscribe(topic: "${topic}", key: "args.key")
      @view(name: "talk", key: "args.key", type: "Talk")
  }
  union SaidOrTalk = Said | Talk
  type Said { n: Int! }
  type Talk { count: Int! n: Int! }
`;
const configOn = (topic: string) => `
  import { defineGateway } from 'millrace';
  export default defineGateway({
    views: [{
      name: 'talk',
      topics: ['${topic}'],
      initial: { count: 0, n: -1 },
      fold: ({ count }, event) => ({ count: count + 1, n: Number(event.data?.['n']) }),
    }],
  });
`;
const WAIT = { timeout: 60_000, interval: 50 };

interface Answer {
  readonly data?: Readonly<
    Record<string, { readonly count: number; readonly n: number; readonly cursor: string } | null>
  >;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

async function ask(node: GatewayProcess, query: string): Promise<Answer> {
  const response = await fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  // The form of GraphQL's own answers (section 7.1 of the specification).
  return (await response.json()) as Answer;
}

/** Two gateways, a relay and two processes that run the view, on Kafka and Redis. */
async function nodes() {
  const topic = uniqueName('views');
  const made: AsyncDisposable[] = [];
  const own = <T extends AsyncDisposable>(part: T): T => {
    made.push(part);
    return part;
  };
  const folder = own(
    await folderOf({ 'schema/views.graphql': schemaOn(topic), 'millrace.config.ts': configOn(topic) }),
  );
  const env = {
    KAFKA_BROKERS: kafkaBrokers().join(','),
    REDIS_URL: redisUrl(),
    CURSOR_SECRET: 'a secret of sixteen',
    NAMESPACE: topic,
    TOPIC_PARTITIONS: '2',
    VIEW_DEADLINE_MS: '30000',
  };
  const start = async (role: string) => own(await startProcess([role], { cwd: folder.path, env }));
  const viewProcesses = [await start('services'), await start('services')] as const;
  const [a, b] = [await start('gateway'), await start('gateway')];
  await start('relay');
  return {
    a,
    b,
    viewProcesses,
    folder,
    env,
    topic,
    [Symbol.asyncDispose]: async () => {
      for (const part of made.reverse()) await part[Symbol.asyncDispose]();
    },
  };
}

interface Frame {
  readonly data: {
    readonly said: { readonly __typename: string; readonly n: number; readonly count?: number };
  };
}

const FOLLOW =
  'subscription { said(key: "k", snapshot: true) { __typename ... on Said { n } ... on Talk { count n } } }';

describe('views on Kafka and Redis', () => {
  it('D3 a snapshot subscription gets the state and then exactly the later events, on any node, while a view worker is killed', async () => {
    await using on = await nodes();
    const total = 120;
    const followers: { readonly frames: Frame[]; close(): Promise<void> }[] = [];
    for (let n = 0; n < total; n++) {
      const said = await ask(n % 2 === 0 ? on.a : on.b, `mutation { say(key: "k", n: ${n}) { cursor } }`);
      expect(said.errors).toBe(undefined);
      if (n === 50) await on.viewProcesses[0].kill('SIGKILL');
      if (n % 15 !== 7) continue;
      const frames: Frame[] = [];
      const open = n % 2 === 0 ? overSse : overWebSocket;
      const url = n % 4 < 2 ? on.a.url : on.b.url;
      const follower = open({
        url,
        query: FOLLOW,
        variables: {},
        take: (frame) => frames.push(frame as Frame),
      });
      followers.push({ frames, close: () => follower.close() });
    }
    for (const { frames, close } of followers) {
      await expect.poll(() => frames.at(-1)?.data.said.n, WAIT).toBe(total - 1);
      await close();
      const shown = frames.map(({ data }) => data.said);
      const [first, ...events] = shown;
      expect(first?.__typename).toBe('Talk');
      expect(first?.count).toBe((first?.n ?? 0) + 1);
      const after = (first?.n ?? 0) + 1;
      expect(events.map(({ n }) => n)).toEqual(Array.from({ length: total - after }, (_, i) => after + i));
    }
  });

  it('a view shows a client its own write on another node, and is rebuilt when Redis has lost it', async () => {
    await using on = await nodes();
    for (let n = 0; n < 10; n++) {
      const { data } = await ask(on.a, `mutation { say(key: "k", n: ${n}) { cursor } }`);
      const query = `{ talk(key: "k", minCursor: "${data?.['say']?.cursor}") { count n } }`;
      expect(await ask(on.b, query)).toEqual({ data: { talk: { count: n + 1, n } } });
    }
    const redis = new Redis(redisUrl());
    try {
      const keys = await redis.keys(`${on.topic}:state:view:*`);
      expect(keys.length).toBeGreaterThan(0);
      await redis.del(...keys);
    } finally {
      redis.disconnect();
    }
    await expect
      .poll(async () => (await ask(on.b, '{ talk(key: "k") { count n } }')).data?.['talk'], WAIT)
      .toEqual({ count: 10, n: 9 });
    const { data } = await ask(on.a, 'mutation { say(key: "k", n: 10) { cursor } }');
    const query = `{ talk(key: "k", minCursor: "${data?.['say']?.cursor}") { count n } }`;
    expect(await ask(on.a, query)).toEqual({ data: { talk: { count: 11, n: 10 } } });
  });
});
