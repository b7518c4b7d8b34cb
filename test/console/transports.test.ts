import { describe, expect, it, vi } from 'vitest';
import { ConsoleOperations } from '../../src/console/operations.js';
import type { ConsoleContext, Payload } from '../../src/console/page.js';
import { consoleSchema } from '../../src/console/schema.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import { graphqlTransportWs, graphqlWs } from '../transport/drivers/socket-driver.js';
import { multipart, sse, sseSingle } from '../transport/drivers/stream-driver.js';
import { type ServeOptions, serve, WAIT } from '../transport/serve.js';

const QUERY = { query: 'subscription { large { n filling } }' };
const SDL =
  'type Query { ok: Int } type Subscription { large: Large! } type Large { n: Int! filling: String! }';
const FILLING = 'x'.repeat(100_000);
const HIGH_WATER_MARK = 300_000;

/** The console beside a gateway's own endpoint. `Authorization: operator [<expiry>]` has its role. */
async function open(options: ServeOptions = {}) {
  const metrics = new Metrics();
  const made = { payloads: 0, signals: [] as AbortSignal[] };
  async function* large({ signal }: ConsoleContext): AsyncGenerator<Payload> {
    made.signals.push(signal);
    for (let n = 1; !signal.aborted; n++) {
      made.payloads = n;
      yield { data: { n, filling: FILLING } };
      await new Promise(setImmediate);
    }
  }
  const page = {
    Query: { ok: () => 1 },
    Subscription: { large: (_: object, context: ConsoleContext) => large(context) },
  };
  const operations = new ConsoleOperations({
    schema: consoleSchema([SDL], [page]),
    role: 'operator',
    limits: { maxTokens: 500 },
    logger: openLogger('silent'),
    metrics,
  });
  const served = await serve({
    metrics,
    endpoints: [{ path: '/console/graphql', operations, count: () => undefined }],
    authenticate: async ({ headers, connectionParams }) => {
      const given = String(connectionParams?.['authorization'] ?? headers['authorization'] ?? '');
      const [role = '', expiry] = given.split(' ');
      return { claims: { roles: [role] }, expiresAt: expiry === undefined ? undefined : Number(expiry) };
    },
    ...options,
    limits: { highWaterMark: HIGH_WATER_MARK, ...options.limits },
  });
  const { origin } = new URL(served.server.url);
  return {
    served,
    made,
    console: {
      ...served,
      server: { ...served.server, url: `${origin}/console/graphql` },
      wsUrl: `${origin.replace('http', 'ws')}/console/graphql`,
    },
  };
}

describe.each([graphqlTransportWs, graphqlWs, sse, sseSingle, multipart])(
  'the console over $transport',
  (driver) => {
    it('S1 gives a caller without the role its reason, and no data', async () => {
      const { console, made } = await open();
      const { seen } = await driver.start(console, QUERY, 'customer');
      await vi.waitFor(
        () => expect(seen.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]),
        WAIT,
      );
      expect([seen.results, made.payloads]).toEqual([[], 0]);
    });

    it('S2 ends with the credentials, and its source with it', async () => {
      const { console, made } = await open();
      const { seen } = await driver.start(console, QUERY, `operator ${Date.now() + 1_500}`);
      await vi.waitFor(() => expect(seen.results.length).toBeGreaterThan(0), WAIT);
      await vi.waitFor(() => expect(seen.end).toBe('cut'), WAIT);
      await vi.waitFor(() => expect(made.signals.map(({ aborted }) => aborted)).toEqual([true]), WAIT);
    });

    it('S4 makes no payloads for a client that does not read, and goes on without a gap when it reads', async () => {
      const { console, made } = await open();
      const client = await driver.start(console, QUERY, 'operator');
      await vi.waitFor(() => expect(client.seen.results.length).toBeGreaterThan(0), WAIT);
      client.pause();
      // The kernel takes some megabytes. Then nothing more is made, for as long as anybody looks.
      let before = -1;
      await vi.waitFor(
        () => {
          const now = made.payloads;
          const isSame = now === before;
          before = now;
          expect(isSame).toBe(true);
        },
        { ...WAIT, interval: 200 },
      );
      client.resume();
      await vi.waitFor(() => expect(client.seen.results.length).toBeGreaterThan(before), WAIT);
      const numbers = client.seen.results.map(
        (result) => (result as { data: { large: { n: number } } }).data.large.n,
      );
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      client.vanish();
      await vi.waitFor(() => expect(made.signals.map(({ aborted }) => aborted)).toEqual([true]), WAIT);
    });
  },
);

describe('a second endpoint', () => {
  it('S4 shares the slots of the node with the first one, and is counted apart from it', async () => {
    const { console, served } = await open({ limits: { connections: 1 } });
    const { seen } = await graphqlTransportWs.start(console, QUERY, 'operator');
    await vi.waitFor(() => expect(seen.results.length).toBeGreaterThan(0), WAIT);
    expect(served.server.connections).toEqual({ websocket: 0, sse: 0 });
    expect((await fetch(`${served.server.url}?query={x}`)).status).toBe(503);
  });

  it('S2 ends its operations when their credentials are revoked', async () => {
    const revoked = new Set<unknown>();
    const listeners = new Set<() => void>();
    const { console } = await open({
      revocations: { isRevoked: ({ claims }) => revoked.has(String(claims['roles'])), listeners },
    });
    const operations = await Promise.all(
      [graphqlTransportWs, sse].map((driver) => driver.start(console, QUERY, 'operator')),
    );
    for (const { seen } of operations)
      await vi.waitFor(() => expect(seen.results.length).toBeGreaterThan(0), WAIT);
    revoked.add('operator');
    for (const listener of listeners) listener();
    for (const { seen } of operations) await vi.waitFor(() => expect(seen.end).toBeDefined(), WAIT);
  });
});
