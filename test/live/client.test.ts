import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { type Client, createClient } from '../../clients/ts/src/index.js';
import { fileStore } from '../../clients/ts/src/node.js';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';

const WAIT = { timeout: 30_000 };
const MANY = 'subscription Many { many { n } }';

interface Many {
  readonly many: { readonly n: number };
}

/** A port that is free now: a gateway that is restarted has the same address. */
async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

async function open() {
  const topic = uniqueName('client');
  const folder = await folderOf({
    'schema/a.graphql': `
      type Query { ok: Boolean }
      type Mutation { say(n: Int!): Published! @publish(topic: "${topic}", type: "Said", key: "string(args.n % 7)") }
      type Subscription {
        many: Said! @subscribe(topic: "${topic}")
      }
      type Said { n: Int! }`,
  });
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const env = {
    KAFKA_BROKERS: kafkaBrokers().join(','),
    REDIS_URL: redisUrl(),
    NAMESPACE: topic,
    CURSOR_SECRET: 'one secret for all gateways',
    POSITION_INTERVAL_MS: '200',
  };
  /** The gateway that stays up: it relays, and events are published through it. */
  const stays = await startProcess(['start'], { cwd: folder.path, env });
  onTestFinished(() => stays[Symbol.asyncDispose]());
  const PORT = await freePort();
  const start = async () => {
    const gateway = await startProcess(['gateway'], { cwd: folder.path, env: { ...env, PORT } });
    onTestFinished(() => gateway[Symbol.asyncDispose]());
    return gateway;
  };
  let published = 0;
  return {
    folder: folder.path,
    url: `http://127.0.0.1:${PORT}/graphql`,
    start,
    get published() {
      return published;
    },
    async publish(count: number): Promise<void> {
      for (let left = count; left > 0; left--) {
        const query = `mutation { say(n: ${published}) { offset } }`;
        const answer = await fetch(`${stays.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query }),
        });
        expect(await answer.json()).not.toHaveProperty('errors');
        published += 1;
      }
    },
  };
}

function clientOf(url: string, folder: string): Client {
  const client = createClient({ url, webSocket: WebSocket, store: fileStore(`${folder}/positions`) });
  onTestFinished(() => client.close());
  return client;
}

const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('millrace-client', () => {
  it('D3 D4 loses and repeats nothing while its gateway is killed and restarted, and when its own process is', async () => {
    const world = await open();
    const first = await world.start();
    const client = clientOf(world.url, world.folder);
    const seen: number[] = [];
    const states: string[] = [];
    client.onState(({ state }) => states.push(state));
    const steps = client.subscribe<Many>(MANY);
    // Cut off before its first result: it knows where it started.
    await expect.poll(() => steps.cursor, WAIT).toBeDefined();
    await first.kill('SIGKILL');
    await world.publish(10);
    const second = await world.start();
    const done = (async () => {
      for await (const { data } of steps) seen.push(data?.many.n ?? Number.NaN);
    })();
    await expect.poll(() => seen.length, WAIT).toBe(10);
    const publishing = world.publish(60);
    await expect.poll(() => seen.length, WAIT).toBeGreaterThan(20);
    await second.kill('SIGKILL');
    await publishing;
    await world.start();
    await expect.poll(() => seen.length, WAIT).toBe(70);
    expect(sorted(seen)).toEqual(upTo(70));
    expect(states.filter((state) => state === 'connected')).toHaveLength(3);
    await expect.poll(() => steps.state, WAIT).toEqual({ state: 'live' });

    // The process dies, and another one resumes from the folder.
    client.close();
    await done;
    await world.publish(5);
    const later: { n: number; replayed: boolean }[] = [];
    const after = clientOf(world.url, world.folder).subscribe<Many>(MANY);
    after.observe({ next: ({ data, replayed }) => later.push({ n: data?.many.n ?? Number.NaN, replayed }) });
    await expect.poll(() => later.length, WAIT).toBe(5);
    await expect.poll(() => after.state, WAIT).toEqual({ state: 'live' });
    await world.publish(1);
    await expect.poll(() => later.length, WAIT).toBe(6);
    expect(later.map(({ n }) => n).sort((a, b) => a - b)).toEqual([70, 71, 72, 73, 74, 75]);
    expect(later.at(-1)).toEqual({ n: 75, replayed: false });
  });
});
