import { describe, expect, it } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { eventId, topic as topicOf } from '../../src/core/ids.js';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';

const schemaOn = (topic: string) => `
  type Query { talk(key: ID!): Said @view(name: "talk", key: "args.key") }
  type Mutation {
    say(n: Int!, text: String): Published! @publish(topic: "${topic}", type: "Said", key: "'k'")
    both(n: Int!): [Published!]!
      @publish(topic: "${topic}", type: "Said", key: "'a'")
      @publish(topic: "${topic}", type: "Said", key: "'b'")
    ask(n: Int!): Answered! @publish(topic: "${topic}", type: "Said", key: "'k'", outcome: { types: ["Answered"], within: "60s" })
  }
  type Said { n: Int! text: String }
  type Answered { n: Int! }
`;

const configOn = (topic: string) => `
  import { defineGateway } from 'millrace';
  export default defineGateway({
    views: [{ name: 'talk', topics: ['${topic}'], initial: null, fold: (_before, { data }) => data }],
  });
`;

interface Result {
  readonly data?: Record<string, unknown> | null;
  readonly extensions?: { readonly cursors?: Readonly<Record<string, string>> };
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

async function mutate(url: string, query: string, headers: Record<string, string> = {}): Promise<Result> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify({ query: `mutation { ${query} }` }),
  });
  // The form of GraphQL's own answers (section 7.1 of the specification).
  return (await response.json()) as Result;
}

const codes = ({ errors }: Result) => errors?.map(({ extensions }) => extensions.code);

/** Two gateways and a relay on Kafka and Redis. */
async function nodes() {
  const topic = uniqueName('publish');
  const made: AsyncDisposable[] = [];
  const own = <T extends AsyncDisposable>(part: T): T => {
    made.push(part);
    return part;
  };
  const folder = own(
    await folderOf({ 'schema/publish.graphql': schemaOn(topic), 'millrace.config.ts': configOn(topic) }),
  );
  const env = {
    KAFKA_BROKERS: kafkaBrokers().join(','),
    REDIS_URL: redisUrl(),
    CURSOR_SECRET: 'a secret for all the nodes',
    NAMESPACE: topic,
    TOPIC_PARTITIONS: '2',
    MAX_BODY_BYTES: '3000000',
  };
  const start = async (role: string) => own(await startProcess([role], { cwd: folder.path, env }));
  const [a, b] = [await start('gateway'), await start('gateway')];
  await start('relay');
  const life = new AbortController();
  const log = own(await openKafkaLog({ brokers: kafkaBrokers(), clientId: 'millrace-test' }, life.signal));
  const end = async () => {
    const bounds = await log.bounds(topicOf(topic), AbortSignal.timeout(60_000));
    return bounds.map((one) => one.end);
  };
  return {
    a,
    b,
    log,
    end,
    topic: topicOf(topic),
    [Symbol.asyncDispose]: async () => {
      for (const part of made.reverse()) await part[Symbol.asyncDispose]();
    },
  };
}

describe('publishing on Kafka and Redis', () => {
  it('D1 an idempotency key has one answer and one event on both nodes, concurrently and later, and a conflict for other arguments', async () => {
    await using on = await nodes();
    const once = { 'idempotency-key': 'once' };
    const say = 'say(n: 1) { eventId offset partition time }';
    const together = await Promise.all([on.a, on.b, on.a, on.b].map(({ url }) => mutate(url, say, once)));
    expect(together[0]?.errors).toBeUndefined();
    expect(together[0]?.extensions?.cursors).toEqual({ say: expect.any(String) });
    for (const one of together) expect(one).toEqual(together[0]);
    expect(await mutate(on.b.url, say, once)).toEqual(together[0]);
    expect(codes(await mutate(on.b.url, 'say(n: 2) { offset }', once))).toEqual(['IDEMPOTENCY_CONFLICT']);
    expect((await on.end()).reduce((sum, end) => sum + end, 0)).toBe(1);
  });

  it('D2 an outcome reaches its mutation at whichever node it waits', async () => {
    await using on = await nodes();
    for (const [i, { url }] of [on.a, on.b].entries()) {
      const before = (await on.end()).reduce((sum, end) => sum + end, 0);
      const asked = mutate(url, 'ask(n: 1) { __typename n }', { 'x-correlation-id': `c-${i}` });
      await expect
        .poll(async () => (await on.end()).reduce((sum, end) => sum + end, 0), { timeout: 60_000 })
        .toBe(before + 1);
      const event = {
        id: eventId(`answer-${i}`),
        source: '/service',
        type: 'Answered',
        subject: 'k',
        time: new Date().toISOString(),
        correlationId: `c-${i}`,
        data: Buffer.from(`{"n":${i}}`),
      };
      await on.log.append([encodeEvent(on.topic, event)], AbortSignal.timeout(60_000));
      expect((await asked).data).toEqual({ ask: { __typename: 'Answered', n: i } });
    }
  });

  it('D1 several events of one mutation are appended together', async () => {
    await using on = await nodes();
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, n) => mutate(on.a.url, `both(n: ${n}) { partition offset }`)),
    );
    expect(all.flatMap((one) => one.errors ?? [])).toEqual([]);
    const places = all.flatMap(({ data }) => data?.['both'] as readonly object[]);
    expect(new Set(places.map((place) => JSON.stringify(place))).size).toBe(40);
  });

  it('D1 an event that is too large fails alone, among others of its request', async () => {
    await using on = await nodes();
    // In variables: a document of this length is refused before it is parsed (S4).
    const say = async (n: number, text: string | null): Promise<Result> => {
      const response = await fetch(`${on.a.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          query: 'mutation ($n: Int!, $text: String) { say(n: $n, text: $text) { offset } }',
          variables: { n, text },
        }),
      });
      return response.json();
    };
    const results = await Promise.all([
      ...Array.from({ length: 5 }, (_, n) => say(n, null)),
      say(9, 'x'.repeat(2_000_000)),
      ...Array.from({ length: 5 }, (_, n) => say(n, 'y'.repeat(300_000))),
    ]);
    expect(results.map(codes)).toEqual(results.map((_, i) => (i === 5 ? ['EVENT_TOO_LARGE'] : undefined)));
  });
});
