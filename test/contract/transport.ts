import { describe, expect, it, vi } from 'vitest';
import type { Identity } from '../../src/core/identity.js';
import { Metrics } from '../../src/observe/metrics.js';
import type { DrivenOperation, Driver, OperationText } from '../transport/drivers/driver.js';
import { shown } from '../transport/fake-operations.js';
import { fill, type ServeOptions, serve, subscribed, WAIT } from '../transport/serve.js';

const SUBSCRIPTION: OperationText = { query: 'subscription { n }' };
const MARK = 100_000;
const FILLING = 'x'.repeat(20_000);
/** The most that a result with FILLING takes, with its framing. */
const FRAME_BYTES = 20_500;

/** What holds for clients whatever their transport is. */
export function transportContract(driver: Driver): void {
  const start = async (options: ServeOptions = {}, operation = SUBSCRIPTION, authorization?: string) => {
    const metrics = new Metrics();
    const served = await serve({ metrics, ...options });
    const client = await driver.start(served, operation, authorization);
    return { ...served, served, client, metrics };
  };
  const open = () => (node: { connections: { websocket: number; sse: number } }) =>
    node.connections[driver.countedAs];
  const ended = ({ seen }: DrivenOperation, end: string) =>
    vi.waitFor(() => expect(seen.end).toBe(end), WAIT);

  describe(`a client of ${driver.transport}`, () => {
    it("C1 gets the cohort's bytes with its own cursor, of every length, and then the end", async () => {
      const { client, served } = await start();
      const subscription = await subscribed(served);
      const sizes = [0, 10, 200, 70_000];
      for (const size of sizes) subscription.next(size, 'é'.repeat(size));
      subscription.sink.complete();
      await ended(client, 'complete');
      expect(client.seen.results).toEqual(sizes.map((size) => shown(size, 'tag', 'é'.repeat(size))));
    });

    it.each(['query', 'mutation'])('gets the result of a %s, and then the end', async (kind) => {
      const { client } = await start({}, { query: `${kind} { x }` });
      await ended(client, 'complete');
      expect(client.seen.results).toEqual([{ data: { ran: kind } }]);
    });

    it('D5 gets the errors that end its subscription, with code and retry', async () => {
      const { client, served } = await start();
      const errors = [
        { message: 'gone', extensions: { code: 'RESYNC_REQUIRED', retry: false, reason: 'RETENTION' } },
        { message: 'slow', extensions: { code: 'SLOW_CONSUMER', retry: true } },
      ];
      (await subscribed(served)).sink.error(errors);
      await ended(client, 'errors');
      expect(client.seen.errors).toEqual(errors);
    });

    it('gets the error of an invalid operation, and the server runs nothing', async () => {
      const { client, operations, errors } = await start({}, { query: 'subscription { unknownField }' });
      await ended(client, 'errors');
      expect(client.seen.errors).toMatchObject([{ message: 'Cannot query field "unknownField"' }]);
      expect([operations.ran, operations.subscriptions, errors]).toEqual([[], [], []]);
    });

    it('D4 says after which cursor it resumes, its trace and its correlation id', async () => {
      const traceparent = '00-11111111111111111111111111111111-1111111111111111-01';
      const extensions = { after: 'c7.tag', traceparent, correlationId: 'co', startCursor: true };
      const { served } = await start({}, { ...SUBSCRIPTION, extensions });
      expect((await subscribed(served)).caller).toMatchObject(extensions);
    });

    it('D1 sends integers beyond 2^53 exactly', async () => {
      const { client, operations } = await start(
        {},
        { query: 'mutation { x }', variables: '{"r":1234567890123456789}' },
      );
      await ended(client, 'complete');
      expect(operations.ran[0]?.request.variables).toEqual({ r: 1234567890123456789n });
    });

    it('S1 is refused with invalid credentials, and the server runs nothing', async () => {
      const { client, operations } = await start({}, SUBSCRIPTION, 'bad');
      await vi.waitFor(() => expect(client.seen.end).toBeDefined(), WAIT);
      expect(client.seen.results).toEqual([]);
      expect(operations.subscriptions).toEqual([]);
    });

    it('S1 is known to its operations by its credentials', async () => {
      const { served } = await start({}, SUBSCRIPTION, 'user ann');
      expect((await subscribed(served)).caller.identity.claims).toEqual({ sub: 'ann' });
    });

    it('S2 is ended when its credentials expire', async () => {
      const { client, served } = await start({}, SUBSCRIPTION, `user ann ${Date.now() + 1_500}`);
      const subscription = await subscribed(served);
      await vi.waitFor(() => expect(client.seen.end).toBeDefined(), WAIT);
      expect(client.seen.end).not.toBe('complete');
      expect(subscription.closed).toBe(true);
    });

    it('S2 is ended when its credentials are revoked, and those of others are not', async () => {
      const revoked = new Set<unknown>();
      const listeners = new Set<() => void>();
      const revocations = { isRevoked: ({ claims }: Identity) => revoked.has(claims['sub']), listeners };
      const { client, served } = await start({ revocations }, SUBSCRIPTION, 'user ann');
      const subscription = await subscribed(served);
      const other = await driver.start(served, SUBSCRIPTION, 'user bob');
      const others = await subscribed(served, 1);
      revoked.add('ann');
      for (const listener of listeners) listener();
      await vi.waitFor(() => expect(client.seen.end).toBeDefined(), WAIT);
      expect(client.seen.end).not.toBe('complete');
      expect(subscription.closed).toBe(true);
      others.next(1);
      await vi.waitFor(() => expect(other.seen.results).toEqual([shown(1)]), WAIT);
    });

    it('S4 gets an error alone when its result cannot be written as JSON', async () => {
      const circle: Record<string, unknown> = {};
      circle['self'] = circle;
      const served = await serve();
      vi.spyOn(served.operations, 'run').mockResolvedValue({ data: circle });
      const client = await driver.start(served, { query: '{ n }' });
      await ended(client, 'errors');
      expect(client.seen.errors).toMatchObject([{ extensions: { code: 'INTERNAL', retry: false } }]);
    });

    it('S4 is refused above the limit of connections, and served when there is room again', async () => {
      const { client, served } = await start({ limits: { connections: driver.connections } });
      await subscribed(served);
      const refused = await driver.start(served, SUBSCRIPTION);
      await vi.waitFor(() => expect(refused.seen.end).toBeDefined(), WAIT);
      expect(served.operations.subscriptions).toHaveLength(1);
      refused.vanish();
      client.vanish();
      await vi.waitFor(async () => {
        const again = await driver.start(served, SUBSCRIPTION);
        try {
          await vi.waitFor(() => expect(served.operations.subscriptions).toHaveLength(2), { timeout: 1_000 });
        } finally {
          again.vanish();
        }
      }, WAIT);
    });

    it('ends its subscription by a stop, and by vanishing', async () => {
      for (const way of ['stop', 'vanish'] as const) {
        const { client, served, server } = await start();
        const subscription = await subscribed(served);
        client[way]();
        await vi.waitFor(() => expect(subscription.closed).toBe(true), WAIT);
        expect(subscription.caller.signal.aborted).toBe(true);
        client.vanish();
        await vi.waitFor(() => expect(open()(server)).toBe(0), WAIT);
      }
    });

    it('hears something while nothing happens', async () => {
      // A WebSocket has to answer a ping within it, also on a busy machine.
      const { client, served } = await start({ keepAlive: driver.countedAs === 'sse' ? 20 : 1_000 });
      await subscribed(served);
      const { length } = client.seen.raw;
      if (driver.transport === 'graphql-transport-ws') return; // Its heartbeats are ping frames.
      await vi.waitFor(() => expect(client.seen.raw.length).toBeGreaterThan(length + 10), WAIT);
      expect(client.seen.results).toEqual([]);
    });

    it('gets what is pending when the server closes, and is not told that its subscription is over', async () => {
      const { client, served, server } = await start();
      const subscription = await subscribed(served);
      subscription.next(1);
      await server[Symbol.asyncDispose]();
      await ended(client, 'cut');
      expect(client.seen.results).toEqual([shown(1)]);
      expect(subscription.closed).toBe(true);
    });

    it('D8 C4 that does not read costs the node a bounded number of bytes, and gets the rest when it reads', async () => {
      const { client, served, metrics } = await start({
        limits: { highWaterMark: MARK },
        keepAlive: 600_000,
      });
      const subscription = await subscribed(served);
      client.pause();
      const sent = await fill(subscription, FILLING);
      const bytes = (await metrics.slowBytes.get()).values[0]?.value ?? 0;
      expect(bytes).toBeGreaterThan(MARK);
      expect(bytes).toBeLessThanOrEqual(MARK + FRAME_BYTES);
      expect(subscription.drains).toBe(0);
      client.resume();
      await vi.waitFor(() => expect(subscription.drains).toBe(1), WAIT);
      expect(subscription.next(sent + 1)).toBe(true);
      await vi.waitFor(() => expect(client.seen.results).toHaveLength(sent + 1), WAIT);
      // D3
      const expected = Array.from({ length: sent + 1 }, (_, i) => i + 1);
      const numbers = client.seen.results.map((result) => (result as ReturnType<typeof shown>).data.n);
      expect(numbers).toEqual(expected);
    });

    it('D8 is disconnected, with its subscription, when it never reads', async () => {
      const { client, served, metrics, server } = await start({
        limits: { highWaterMark: MARK, slowTimeout: 300 },
        keepAlive: 600_000,
      });
      const subscription = await subscribed(served);
      client.pause();
      await fill(subscription, FILLING);
      await vi.waitFor(() => expect(subscription.closed).toBe(true), WAIT);
      await vi.waitFor(() => expect(open()(server)).toBe(0), WAIT);
      const disconnects = (await metrics.slowDisconnects.get()).values;
      expect(disconnects).toMatchObject([{ labels: { why: 'timeout' }, value: 1 }]);
    });
  });
}
