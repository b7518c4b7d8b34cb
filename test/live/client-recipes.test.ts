import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { EventSource } from 'eventsource';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { resuming } from '../../clients/ts/src/resuming.js';
import { type ClientRecipe, clientRecipe } from '../../scripts/services/client-recipes.mjs';
import { TestBrowser } from '../support/browser.js';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { eventSource, type Follower, inBrowser, inProcess, programmed } from '../support/order-followers.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';

const RECIPES: readonly ClientRecipe[] = ['python', 'go-hasura', 'go-genqlient', 'rust', 'java'];
const WAIT = { timeout: 60_000, interval: 50 };
/** A result of Spring's client has at most 64 KiB by default, and its parts 256 KiB. */
const LARGE_CHARACTERS = 500_000;
/** The first time all of them are downloaded and built. */
const BUILDS_MS = 600_000;

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

describe('recipes for other clients', { timeout: 240_000 }, () => {
  const topic = uniqueName('recipes');
  const env = {
    KAFKA_BROKERS: kafkaBrokers().join(','),
    REDIS_URL: redisUrl(),
    NAMESPACE: topic,
    CURSOR_SECRET: 'one secret for all gateways',
    GRAPHIQL: 'true',
  };
  const commands = new Map<ClientRecipe, readonly [string, ...string[]]>();
  let browser: TestBrowser;
  let folder: Awaited<ReturnType<typeof folderOf>>;
  /** The gateway that stays up: it relays, and orders are placed through it. */
  let stays: GatewayProcess;
  let gateway: GatewayProcess;
  let PORT: string;
  let placed = 0;

  const start = async (more = {}) => {
    gateway = await startProcess(['gateway'], { cwd: folder.path, env: { ...env, PORT, ...more } });
  };
  const place = async (count: number, more = ''): Promise<void> => {
    for (const end = placed + count; placed < end; placed++) {
      const query = 'mutation ($orderId: ID!) { placeOrder(orderId: $orderId) { offset } }';
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ query, variables: { orderId: `${placed}${more}` } });
      const answer = await fetch(`${stays.url}/graphql`, { method: 'POST', headers, body });
      expect(await answer.json()).not.toHaveProperty('errors');
    }
  };

  beforeAll(async () => {
    vi.stubGlobal('EventSource', EventSource);
    await Promise.all(RECIPES.map(async (name) => commands.set(name, await clientRecipe(name))));
    folder = await folderOf({
      'schema/a.graphql': `
        type Query { ok: Boolean }
        type Mutation { placeOrder(orderId: ID!): Published! @publish(topic: "${topic}", type: "OrderPlaced", key: "'all'") }
        type Subscription { ordersPlaced: OrderPlaced! @subscribe(topic: "${topic}") }
        type OrderPlaced { orderId: ID! }`,
      'forgetful.py': await forgetful(),
    });
    browser = await TestBrowser.start();
    stays = await startProcess(['start'], { cwd: folder.path, env });
    PORT = await freePort();
    await start();
  }, BUILDS_MS);
  afterAll(async () => {
    vi.unstubAllGlobals();
    await browser?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
    await stays?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  it('D3 D4 programs in Python, Go, Rust, Java and browsers lose and repeat nothing while their gateway is killed, ended and restarted, and D5 end with the error of a refused cursor', async () => {
    const url = `ws://127.0.0.1:${PORT}/graphql`;
    const [python] = commands.get('python') ?? ['python3'];
    const followers = [
      ...RECIPES.map((name) => programmed(name, commands.get(name) ?? [''], url)),
      inProcess('graphql-ws', url, resuming),
      eventSource(url),
      await inBrowser(browser, url),
    ];
    // What the cursor is good for: these reconnect as well, and keep none.
    const forgetting = [
      programmed('python that keeps no cursor', [python, `${folder.path}/forgetful.py`], url),
      inProcess('graphql-ws that keeps no cursor', url, (client) => client),
    ];
    const all = [...followers, ...forgetting];
    const untilSeen = (count: number) =>
      expect.poll(() => followers.filter(({ seen }) => seen.length < count).map(slow), WAIT).toEqual([]);
    try {
      await runningSubscriptions(gateway.url, all.length);
      await expect.poll(() => followers.every(({ hasStarted }) => hasStarted), WAIT).toBe(true);

      // Cut off before their first result.
      await gateway.kill('SIGKILL');
      await place(5);
      await start();
      await untilSeen(5);

      // Ended in good order, between two results.
      const placing = place(20);
      await untilSeen(10);
      await gateway.kill('SIGTERM');
      await placing;
      await place(5);
      await start();
      await untilSeen(30);

      await runningSubscriptions(gateway.url, all.length);
      // More than some libraries take by default.
      await place(1, '-'.repeat(LARGE_CHARACTERS));
      await place(1);
      await expect.poll(() => all.map(({ seen }) => seen.at(-1)), WAIT).toEqual(all.map(() => 31));
      for (const { name, seen } of followers)
        expect(seen, name).toEqual(Array.from({ length: 32 }, (_, i) => i));
      for (const { name, seen } of forgetting) expect(seen, name).not.toContain(0);

      // Its cursors are signed with another secret.
      await gateway.kill('SIGKILL');
      await start({ CURSOR_SECRET: 'a secret that is another one' });
      const ends = () => followers.filter(({ endedBy }) => !endedBy?.includes('CURSOR_INVALID')).map(slow);
      await expect.poll(ends, WAIT).toEqual([]);
    } finally {
      for (const { stop } of all) stop();
    }
  });
});

const slow = ({ name, seen, endedBy }: Follower) => `${name}: ${JSON.stringify(seen)} ${endedBy ?? ''}`;

/** The recipe for Python without the line that keeps the cursor. */
async function forgetful(): Promise<string> {
  const recipe = await readFile(new URL('../../clients/recipes/python/resume.py', import.meta.url), 'utf8');
  const line = 'extensions["after"] = result.extensions["cursor"]';
  expect(recipe.split(line)).toHaveLength(2);
  return recipe.replace(line, 'pass');
}
