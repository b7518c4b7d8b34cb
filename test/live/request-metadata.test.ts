import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { topic as topicOf } from '../../src/core/ids.js';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';

const project = (topic: string) => ({
  'schema/a.graphql': `
    type Query { ok: Boolean }
    type Mutation {
      say(n: Int!): Published! @publish(topic: "${topic}", type: "Said", key: "'k'")
      ask(n: Int!): Answered! @publish(topic: "${topic}", type: "Said", key: "'k'", outcome: { types: ["Answered"], within: "60s", topic: "${topic}.answers" })
    }
    type Subscription { answered: Answered! @subscribe(topic: "${topic}.answers") }
    type Said { n: Int! }
    type Answered { n: Int! count: Int! }
  `,
  'millrace.config.mjs': `
    const handle = ({ key, data }, { state }) => {
      const count = state.count + 1;
      return { state: { count }, events: [{ topic: '${topic}.answers', type: 'Answered', key, data: { n: data.n, count } }] };
    };
    export default { services: [{ name: 'answerer', topics: ['${topic}'], initial: { count: 0 }, handle }] };
  `,
});

type Headers = readonly (readonly [name: string, value: string])[];
interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

/** A request as it is on the wire: `fetch` joins repeated headers and leaves out empty ones. */
async function post(url: string, mutation: string, headers: Headers, extensions = {}): Promise<Answer> {
  const { hostname, port, host } = new URL(url);
  const body = JSON.stringify({ query: `mutation { ${mutation} }`, extensions });
  const lines = [
    'POST /graphql HTTP/1.1',
    `Host: ${host}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  const socket = connect(Number(port), hostname);
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(socket, 'end');
  return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
}

describe('metadata of requests, over Kafka and a service', { timeout: 240_000 }, () => {
  it('D1 S4 repeated, empty, mistyped and oversized metadata acts once or not at all, and each mutation gets its own outcome', async () => {
    const topic = uniqueName('metadata');
    await using folder = await folderOf(project(topic));
    const env = { KAFKA_BROKERS: kafkaBrokers().join(','), REDIS_URL: redisUrl(), NAMESPACE: topic };
    await using node = await startProcess(['start'], { cwd: folder.path, env });
    const deadline = AbortSignal.timeout(200_000);
    await using log = await openKafkaLog({ brokers: kafkaBrokers(), clientId: 'millrace-test' }, deadline);
    const inTheLog = async () =>
      (await log.bounds(topicOf(topic), deadline)).reduce(
        (sum, { end, earliest }) => sum + end - earliest,
        0,
      );
    const say = (n: number, headers: Headers, extensions = {}) =>
      post(node.url, `say(n: ${n}) { eventId offset }`, headers, extensions);
    const KEY = 'Idempotency-Key';

    const twice = await say(1, [
      [KEY, 'once'],
      [KEY, 'once'],
    ]);
    expect(twice.errors).toBeUndefined();
    expect(await say(1, [[KEY, 'once']])).toEqual(twice);
    expect(await say(1, [], { idempotencyKey: 'once' })).toEqual(twice);
    expect(await inTheLog()).toBe(1);

    const refused: readonly [Headers, Record<string, unknown>][] = [
      [
        [
          [KEY, 'one'],
          [KEY, 'another'],
        ],
        {},
      ],
      [[], { idempotencyKey: 42 }],
      [[], { idempotencyKey: 'x'.repeat(200_000) }],
      [[], { correlationId: 'x'.repeat(1_000_000) }],
      [[['x-correlation-id', 'x'.repeat(300)]], {}],
    ];
    for (const [headers, extensions] of refused) {
      const { data, errors } = await say(2, headers, extensions);
      expect(data ?? null).toBeNull();
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_REQUEST', retry: false });
    }
    expect(await inTheLog()).toBe(1);

    const asked = await Promise.all(
      [10, 11, 12, 13].map((n) => post(node.url, `ask(n: ${n}) { n }`, [['x-correlation-id', '']])),
    );
    expect(asked).toMatchObject([10, 11, 12, 13].map((n) => ({ data: { ask: { n } } })));
    const last = await Promise.all(
      [1, 2, 3].map(() =>
        post(node.url, 'ask(n: 14) { n count }', [
          [KEY, 'last'],
          [KEY, 'last'],
        ]),
      ),
    );
    // What the service counted: one event of `say`, four of `ask`, and this one.
    for (const one of last) expect(one).toMatchObject({ data: { ask: { n: 14, count: 6 } } });
    expect(await inTheLog()).toBe(6);
  });
});
