import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { createClient } from '../../clients/ts/src/index.js';
import { privateRedis } from '../../scripts/services/private.mjs';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { kafkaBrokers, uniqueName } from '../support/services.js';

const WAIT = { timeout: 40_000, interval: 50 };
const MONITOR = `subscription {
  monitor {
    unheard
    nodes { name isSelf isAnswering roles services uptimeSeconds checks { name outcome } rates { relayed } }
    lags { stage group topic behind }
    rates { published relayed received handled }
    levels { subscriptions }
    latency { deliveries p99Ms }
  }
}`;
const HISTORY = '{ monitorHistory { secondsAgo silent unheard series { name values } } }';

const HISTORY_ANSWER = z.object({
  data: z.object({
    monitorHistory: z.object({
      secondsAgo: z.array(z.number()),
      silent: z.array(z.string()),
      series: z.array(z.object({ name: z.string() })),
    }),
  }),
});

interface Monitor {
  readonly unheard: string | null;
  readonly nodes: readonly {
    readonly name: string;
    readonly isSelf: boolean;
    readonly isAnswering: boolean;
    readonly roles: readonly string[];
    readonly services: readonly string[];
    readonly checks: readonly { readonly name: string; readonly outcome: string }[];
  }[];
}

const schemaOn = (topic: string) => `
  type Query { ok: Boolean }
  type Mutation { say(text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "'k'") }
  type Subscription { said: Said! @subscribe(topic: "${topic}") }
  type Said { text: String! }
`;

it('the monitor sees every process of an installation; one that is killed is gone, and all are seen again after Redis was', async () => {
  const topic = uniqueName('monitor');
  const redis = await privateRedis();
  onTestFinished(() => redis.stop());
  await using folder = await folderOf({
    'schema/a.graphql': schemaOn(topic),
    'millrace.config.mjs': `export default {
      services: [{ name: 'listener', topics: ['${topic}'], handle: async () => [] }],
    };`,
  });
  const env = {
    KAFKA_BROKERS: kafkaBrokers().join(','),
    REDIS_URL: redis.address,
    NAMESPACE: topic,
    CURSOR_SECRET: 'a secret of sixteen',
    LOG_LEVEL: 'silent',
  };
  const start = async (...args: string[]) => {
    const process = await startProcess(args, { cwd: folder.path, env });
    onTestFinished(() => process.kill('SIGKILL'));
    return process;
  };
  const [asked, other, relay, services] = await Promise.all([
    start('gateway'),
    start('gateway'),
    start('relay'),
    start('services'),
  ]);
  const pids = (...all: readonly { readonly child: { readonly pid?: number | undefined } }[]) =>
    new Set(all.map(({ child }) => String(child.pid)));
  const client = createClient({ url: `${asked.url}/console/graphql`, webSocket: WebSocket });
  onTestFinished(() => client.close());
  let newest: Monitor | undefined;
  client.subscribe<{ monitor: Monitor }>(MONITOR).observe({
    next: ({ data }) => {
      newest = data?.monitor;
    },
  });
  const answering = () =>
    new Set(newest?.nodes.filter((node) => node.isAnswering).map(({ name }) => name.split(':').at(-1)));

  await vi.waitFor(() => expect(answering()).toEqual(pids(asked, other, relay, services)), WAIT);
  expect(newest?.unheard).toBeNull();
  expect(new Set(newest?.nodes.map(({ roles }) => roles.join()))).toEqual(
    new Set(['gateway', 'relay', 'services']),
  );
  expect(newest?.nodes[0]?.isSelf).toBe(true);
  expect(newest?.nodes.find(({ roles }) => roles.includes('services'))?.services).toEqual(['listener']);

  await other.kill('SIGKILL');
  await vi.waitFor(
    () => expect(newest?.nodes.map(({ name }) => name.split(':').at(-1))).toHaveLength(3),
    WAIT,
  );
  expect(answering()).toEqual(pids(asked, relay, services));
  await services.kill('SIGTERM');
  await vi.waitFor(() => expect(answering()).toEqual(pids(asked, relay)), WAIT);

  await redis.kill();
  await vi.waitFor(() => expect(newest?.unheard).toMatch(/^Other nodes cannot be heard: Redis at /), WAIT);
  expect(answering()).toEqual(pids(asked));
  await vi.waitFor(
    () => expect(newest?.nodes[0]?.checks).toContainEqual({ name: 'fanout', outcome: 'unavailable' }),
    WAIT,
  );
  await redis.start();
  await vi.waitFor(() => expect(answering()).toEqual(pids(asked, relay)), WAIT);
  expect(newest?.unheard).toBeNull();

  await vi.waitFor(async () => {
    const response = await fetch(`${asked.url}/console/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: HISTORY }),
    });
    const { data } = HISTORY_ANSWER.parse(await response.json());
    expect(data.monitorHistory.silent).toEqual([]);
    expect(data.monitorHistory.secondsAgo.length).toBeGreaterThan(0);
    expect(data.monitorHistory.series.map(({ name }) => name)).toContain('process.residentBytes');
  }, WAIT);
}, 120_000);
