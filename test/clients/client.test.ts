import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import {
  type Client,
  ClientError,
  type ClientOptions,
  createClient,
  type Gap,
  memoryStore,
  type PositionStore,
  type Transport,
} from '../../clients/ts/src/index.js';
import { TcpProxy } from '../faults/support/proxy.js';
import { serveGateway } from '../transport/gateway.js';
import { serve, subscribed, WAIT } from '../transport/serve.js';

const TRANSPORTS: readonly Transport[] = ['websocket', 'sse'];
const ABOVE = 'subscription Above($least: Int!) { above(least: $least) { n } }';

interface Above {
  readonly above: { readonly n: number };
}

function clientOf(url: string, options: Partial<ClientOptions> = {}): Client {
  const client = createClient({ url, webSocket: WebSocket, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** No waits between attempts. */
const atOnce = () => vi.spyOn(Math, 'random').mockReturnValue(0);

describe.each(TRANSPORTS)('the client over %s', (transport) => {
  const transports = [transport];

  it('D3 D4 loses and repeats nothing over lost connections, also while nothing matches', async () => {
    atOnce();
    const served = await serveGateway({}, { positionIntervalMs: 20 });
    await using proxy = await TcpProxy.open({ target: served.server.url });
    const url = `http://${proxy.address}/graphql`;
    const client = clientOf(url, { transports });
    const seen: unknown[] = [];
    const steps = client.subscribe<Above>(ABOVE, { variables: { least: 5 } });
    steps.observe({ next: ({ data }) => seen.push(data?.above.n) });
    await expect.poll(() => steps.state, WAIT).toEqual({ state: 'live' });
    expect(steps.resumable).toBe(true);
    await served.say('k', [1, 5]);
    await expect.poll(() => seen, WAIT).toEqual([5]);
    for (const n of [6, 7, 8]) {
      const before = steps.cursor;
      await served.say('k', [1, 2]);
      await expect.poll(() => steps.cursor, WAIT).not.toBe(before);
      proxy.refuse();
      await served.say('k', [n]);
      // Nobody is there to get it: only the position does.
      await expect.poll(served.live, WAIT).toBe(0);
      proxy.pass();
      await expect.poll(() => seen.at(-1), WAIT).toBe(n);
    }
    expect(seen).toEqual([5, 6, 7, 8]);
  });

  it('D8 a slow handler stops the server instead of filling the memory, and gets everything', async () => {
    const served = await serveGateway();
    const client = clientOf(served.server.url, { transports });
    const seen: unknown[] = [];
    const states = new Set<string>();
    let go: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const steps = client.subscribe<Above>(ABOVE, { variables: { least: 0 }, buffer: 10 });
    steps.observe({
      next: async ({ data }) => {
        await gate;
        seen.push(data?.above.n);
      },
      state: ({ state }) => states.add(state),
    });
    await expect.poll(() => steps.state, WAIT).toEqual({ state: 'live' });
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    await served.say('k', numbers);
    await expect.poll(() => steps.state, WAIT).toEqual({ state: 'paused' });
    await expect.poll(served.live, WAIT).toBe(0);
    go?.();
    await expect.poll(() => seen.length, WAIT).toBe(100);
    expect(seen).toEqual(numbers);
    expect(states).toContain('replaying');
  });

  it('D4 a position counts once its handler is done: the event of a handler that fails comes again', async () => {
    const served = await serveGateway();
    const store = memoryStore();
    const client = clientOf(served.server.url, { transports, store });
    const options = { variables: { least: 0 } };
    const first = client.subscribe<Above>(ABOVE, options);
    const errors: ClientError[] = [];
    first.observe({
      next: ({ data }) => {
        if (data?.above.n === 2) throw new Error('no disk');
      },
      error: (error) => errors.push(error),
    });
    await expect.poll(() => first.state, WAIT).toEqual({ state: 'live' });
    await served.say('k', [1, 2, 3]);
    await expect.poll(() => errors, WAIT).toMatchObject([{ code: 'HANDLER_FAILED' }]);
    const seen: unknown[] = [];
    for await (const { data, replayed } of client.subscribe<Above>(ABOVE, options)) {
      expect(replayed).toBe(true);
      seen.push(data?.above.n);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([2, 3]);
  });

  it('D3 passes over an event that a server shows twice, each partition for itself', async () => {
    const served = await serve();
    const client = clientOf(served.server.url, { transports });
    const seen: unknown[] = [];
    client.subscribe<{ n: number }>('subscription { n }').observe({ next: ({ data }) => seen.push(data?.n) });
    const { sink } = await subscribed(served);
    for (const [partition, offset, n] of [
      [0, 9, 1],
      [0, 9, 1],
      [1, 3, 2],
      [0, 8, 0],
      [0, 10, 3],
    ]) {
      const event = { topic: 't', partition, offset: String(offset) };
      const head = `{"data":{"n":${n}},"extensions":{"event":${JSON.stringify(event)},"cursor":"c`;
      sink.next({ head: Buffer.from(head), cursor: 'c' }, '.tag');
    }
    await expect.poll(() => seen, WAIT).toEqual([1, 2, 3]);
  });

  it('D5 a gap is told, and the subscription goes on from the earliest event that is left', async () => {
    const served = await serve();
    const client = clientOf(served.server.url, { transports });
    const gaps: Gap[] = [];
    const steps = client.subscribe('subscription { n }', { onGap: (gap) => gaps.push(gap) });
    steps.observe({ next: () => undefined });
    const first = await subscribed(served);
    const extensions = { code: 'RESYNC_REQUIRED', retry: false, reason: 'RETENTION', earliest: 'c5.tag' };
    first.sink.error([{ message: 'gone', extensions }]);
    const second = await subscribed(served, 1);
    expect(gaps).toEqual([{ reason: 'RETENTION', earliest: 'c5.tag' }]);
    expect(second.caller.after).toBe('c5.tag');
    // Without a handler it is the end, with the error.
    const unhandled = client.subscribe('subscription { m: n }');
    const third = await subscribed(served, 2);
    third.sink.error([{ message: 'gone', extensions }]);
    await expect(unhandled[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'RESYNC_REQUIRED',
      extensions: { earliest: 'c5.tag' },
    });
  });

  it('asks for other credentials when the server refuses them, and continues with those', async () => {
    atOnce();
    const served = await serve();
    let token = 'bad';
    const client = clientOf(served.server.url, {
      transports,
      credentials: () => ({ authorization: token }),
    });
    const states: string[] = [];
    client.onState(({ state }) => {
      states.push(state);
      if (state === 'needs-auth') token = 'user ada';
    });
    client.subscribe('subscription { n }').observe({ next: () => undefined });
    const subscription = await subscribed(served);
    expect(subscription.caller.identity.claims).toEqual({ sub: 'ada' });
    expect(states).toContain('needs-auth');
  });

  it('ends with the typed error of the server, and closes the connection behind its last subscription', async () => {
    const served = await serve();
    const client = clientOf(served.server.url, { transports });
    const ended = client.subscribe('subscription { n }');
    const errors = [{ message: 'not you', extensions: { code: 'FORBIDDEN', retry: false } }];
    (await subscribed(served)).sink.error(errors);
    await expect(ended[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'FORBIDDEN', errors });
    await expect.poll(() => client.state, WAIT).toEqual({ state: 'idle' });
    await expect.poll(() => served.server.connections, WAIT).toEqual({ websocket: 0, sse: 0 });
  });

  it('retries what may pass, and stops what its loop leaves', async () => {
    atOnce();
    const served = await serve();
    const client = clientOf(served.server.url, { transports });
    const steps = client.subscribe<{ n: number }>('subscription { n }');
    const errors = [{ message: 'later', extensions: { code: 'LOG_UNAVAILABLE', retry: true } }];
    (await subscribed(served)).sink.error(errors);
    const second = await subscribed(served, 1);
    second.next(1);
    for await (const { data } of steps) {
      expect(data?.n).toBe(1);
      break;
    }
    await expect.poll(() => second.closed, WAIT).toBe(true);
    expect(steps.state).toEqual({ state: 'ended', reason: 'stopped' });
  });
});

describe('the client', () => {
  it('D4 gives up a connection that died silently, and resumes on another one', async () => {
    atOnce();
    const served = await serveGateway({}, { keepAlive: 200 });
    await using proxy = await TcpProxy.open({ target: served.server.url });
    const client = clientOf(`http://${proxy.address}/graphql`);
    const seen: unknown[] = [];
    const steps = client.subscribe<Above>(ABOVE, { variables: { least: 0 } });
    steps.observe({ next: ({ data }) => seen.push(data?.above.n) });
    await expect.poll(() => steps.state, WAIT).toEqual({ state: 'live' });
    const because: string[] = [];
    client.onState((state) => state.state === 'waiting' && because.push(state.because));
    // The open connection stays silent; new ones pass.
    proxy.blackHole();
    proxy.pass();
    await served.say('k', [1, 2]);
    await expect.poll(() => seen, WAIT).toEqual([1, 2]);
    expect(because).toContain('the server gives no sign of life');
  });

  it('falls back to SSE where WebSockets are blocked', async () => {
    atOnce();
    const served = await serve();
    class Blocked extends WebSocket {
      constructor() {
        super('ws://127.0.0.1:1');
      }
    }
    const client = clientOf(served.server.url, { webSocket: Blocked });
    client.subscribe('subscription { n }').observe({ next: () => undefined });
    await subscribed(served);
    expect(client.state).toEqual({ state: 'connected', over: 'sse' });
    expect(served.server.connections).toEqual({ websocket: 0, sse: 1 });
  });

  it('has the subscription end with STORE_FAILED when its position cannot be read: it never starts from now instead', async () => {
    const served = await serve();
    const broken: PositionStore = {
      get: () => Promise.reject(new Error('no disk')),
      set: () => undefined,
      delete: () => undefined,
    };
    const client = clientOf(served.server.url, { store: broken });
    const steps = client.subscribe('subscription { n }');
    await expect(steps[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(served.operations.subscriptions).toEqual([]);
  });

  it('goes on when a position cannot be stored, and says so', async () => {
    const served = await serve();
    const full: PositionStore = {
      get: () => undefined,
      set: () => {
        throw new Error('the store is full');
      },
      delete: () => undefined,
    };
    const problems: ClientError[] = [];
    const client = clientOf(served.server.url, { store: full, onProblem: (error) => problems.push(error) });
    const seen: unknown[] = [];
    client.subscribe('subscription { n }').observe({ next: ({ data }) => seen.push(data) });
    const subscription = await subscribed(served);
    subscription.next(1);
    subscription.next(2);
    await expect.poll(() => seen.length, WAIT).toBe(2);
    expect(problems[0]).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('full') });
  });

  it('refuses a second subscription with the same key of the store, and a document that lacks a variable', async () => {
    const served = await serve();
    const client = clientOf(served.server.url, { store: memoryStore() });
    client.subscribe('subscription { n }');
    expect(() => client.subscribe('subscription { n }')).toThrow(ClientError);
    client.subscribe('subscription { n }', { key: 'another' });
    expect(() => client.subscribe('subscription { n }', { key: 'x', from: 'earliest' })).toThrow(
      'The document has no variable $since',
    );
  });

  it('D4 a subscription starts after the last position of its stopped predecessor, however slow the store is', async () => {
    const served = await serve();
    const kept = new Map<string, string>();
    const writes: (() => void)[] = [];
    const slow: PositionStore = {
      get: async (key) => kept.get(key),
      set: (key, cursor) =>
        new Promise((resolve) => {
          writes.push(() => {
            kept.set(key, cursor);
            resolve();
          });
        }),
      delete: (key) => void kept.delete(key),
    };
    const client = clientOf(served.server.url, { store: slow });
    const first = client.subscribe('subscription { n }');
    first.observe({ next: () => undefined });
    const before = await subscribed(served);
    before.next(1);
    before.next(2);
    await expect.poll(() => first.cursor, WAIT).toBe('c2.tag');
    first.stop();
    client.subscribe('subscription { n }').observe({ next: () => undefined });
    for (const count of [1, 2]) {
      await expect.poll(() => writes.length, WAIT).toBe(count);
      writes[count - 1]?.();
    }
    expect((await subscribed(served, 1)).caller.after).toBe('c2.tag');
  });

  it('D5 a position that the server refuses is kept until it is forgotten, and the next start is as the options say', async () => {
    const served = await serve();
    const store = memoryStore();
    store.set('Ns {"a":1}', 'old.tag');
    const client = clientOf(served.server.url, { store });
    const document = 'subscription Ns($a: Int) { n }';
    const variables = { a: 1 };
    const steps = client.subscribe(document, { variables });
    const first = await subscribed(served);
    expect(first.caller.after).toBe('old.tag');
    await expect(client.forget(document, { variables })).rejects.toMatchObject({ code: 'STORE_KEY_IN_USE' });
    const extensions = { code: 'CURSOR_INVALID', retry: false, reason: 'SIGNATURE' };
    first.sink.error([{ message: 'no', extensions }]);
    await expect(steps[Symbol.asyncIterator]().next()).rejects.toMatchObject({ extensions });
    expect(store.get('Ns {"a":1}')).toBe('old.tag');
    await client.forget(document, { variables });
    expect(store.get('Ns {"a":1}')).toBeUndefined();
    client.subscribe(document, { variables });
    expect((await subscribed(served, 1)).caller.after).toBeUndefined();
  });

  it('says when a position cannot be deleted', async () => {
    const served = await serve();
    const readOnly: PositionStore = {
      get: () => undefined,
      set: () => undefined,
      delete: () => {
        throw new Error('read only');
      },
    };
    const client = clientOf(served.server.url, { store: readOnly });
    const error = { code: 'STORE_FAILED', message: expect.stringContaining('read only') };
    await expect(client.forget('subscription { n }')).rejects.toMatchObject(error);
    await clientOf(served.server.url).forget('subscription { n }');
  });

  it('D1 a mutation has one idempotency key for all its attempts, and is tried until its answer is known', async () => {
    atOnce();
    const served = await serve();
    const keys: (string | null)[] = [];
    let lost = 0;
    const client = clientOf(served.server.url, {
      fetch: async (url, init) => {
        keys.push(new Headers(init?.headers).get('idempotency-key'));
        const response = await fetch(url, init);
        lost += 1;
        if (lost <= 2) throw new TypeError('the answer is lost');
        return response;
      },
    });
    served.operations.result = { data: { placed: true } };
    await expect(client.mutate('mutation Place { x }')).resolves.toEqual({ placed: true });
    expect(served.operations.ran).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('shows the error of a mutation that does not pass, with the key to go on with', async () => {
    const served = await serve();
    const client = clientOf(served.server.url);
    const error = client.mutate('mutation { unknownField }', { idempotencyKey: 'mine' });
    await expect(error).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      extensions: { idempotencyKey: 'mine' },
    });
    expect(served.operations.ran).toEqual([]);
  });
});
