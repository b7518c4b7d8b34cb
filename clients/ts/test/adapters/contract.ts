import { createRequire } from 'node:module';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { TcpProxy } from '../../../../test/faults/support/proxy.js';
import { serveGateway } from '../../../../test/transport/gateway.js';
import { serve, subscribed, WAIT } from '../../../../test/transport/serve.js';
import type { MillraceOptions } from '../../src/adapter.js';
import { type Client, type ClientOptions, createClient, type Gap, memoryStore } from '../../src/index.js';

// The copy that the server loads: vitest would give this file another one.
const { GraphQLError }: typeof import('graphql') = createRequire(import.meta.url)('graphql');

/** What a framework showed: data, or the codes of errors, in the order in which it came. */
export interface Watcher {
  shows(data: unknown, codes: readonly unknown[]): void;
  ends(): void;
}

export interface Call {
  readonly text: string;
  readonly variables?: Record<string, unknown>;
  /** Goes through the framework's own context. */
  readonly millrace?: MillraceOptions;
}

/** A framework as its users have it, on the adapter under test. */
export interface Framework {
  subscribe(call: Call, watcher: Watcher): () => void;
  /** @returns data, or the codes of errors */
  mutate(call: Call): Promise<unknown>;
}

export interface Facts {
  /** Whether it runs a subscription once for all its observers. */
  readonly sharesEqual: boolean;
  /** Whether it passes on the errors of a result that has data. Relay keeps them for `@catch`. */
  readonly showsFieldErrors: boolean;
}

const ABOVE = 'subscription Above($least: Int!) { above(least: $least) { n } }';
const SAID = 'subscription Said { said { n } }';
const NUMBERS = 'subscription Numbers { n }';

function clientOf(url: string, options: Partial<ClientOptions> = {}): Client {
  // No waits between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const client = createClient({ url, webSocket: WebSocket, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** Records what a framework shows: data as `n`, errors as their codes. */
function recorder() {
  const shown: unknown[] = [];
  let ends = 0;
  const watcher: Watcher = {
    shows(data, codes) {
      for (const code of codes) shown.push(code);
      const n = (data as { n?: unknown } | undefined)?.n;
      const said = Object.values(data ?? {})[0] as { n?: unknown } | null | undefined;
      if (data !== undefined && data !== null) shown.push(n ?? said?.n ?? null);
    },
    ends: () => {
      ends += 1;
    },
  };
  return { shown, watcher, ends: () => ends };
}

/** The same for every adapter, with the real framework, over real sockets. */
export function adapterContract(name: string, open: (client: Client) => Framework, facts: Facts): void {
  describe(`the adapter for ${name}`, () => {
    it('D3 D4 loses, repeats and reorders nothing over a lost connection and a restart of the gateway', async () => {
      const served = await serveGateway({}, { positionIntervalMs: 20 });
      await using proxy = await TcpProxy.open({ target: served.server.url });
      const framework = open(clientOf(`http://${proxy.address}/graphql`));
      const { shown, watcher } = recorder();
      const states = new Set<string>();
      const onState = ({ state }: { state: string }) => void states.add(state);
      framework.subscribe({ text: ABOVE, variables: { least: 5 }, millrace: { onState } }, watcher);
      await expect.poll(() => states, WAIT).toContain('live');
      // It was cut off before its first event.
      proxy.refuse();
      await served.say('k', [1, 5, 6]);
      proxy.pass();
      await expect.poll(() => shown, WAIT).toEqual([5, 6]);
      await served.say('k', [7, 2]);
      await expect.poll(() => shown, WAIT).toEqual([5, 6, 7]);
      proxy.refuse();
      await served.server[Symbol.asyncDispose]();
      await served.say('k', [8, 9]);
      const { host } = new URL((await served.start()).url);
      proxy.target = host;
      proxy.pass();
      await expect.poll(() => shown.length, WAIT).toBe(5);
      await served.say('k', [3, 10]);
      await expect.poll(() => shown, WAIT).toEqual([5, 6, 7, 8, 9, 10]);
      expect(states).toContain('replaying');
    });

    it('stops an operation on the server when nobody follows it any more, and shows what follows other variables', async () => {
      const served = await serveGateway();
      const framework = open(clientOf(served.server.url));
      const before = recorder();
      const stop = framework.subscribe({ text: ABOVE, variables: { least: 5 } }, before.watcher);
      await expect.poll(served.live, WAIT).toBe(1);
      await served.say('k', [4, 5]);
      await expect.poll(() => before.shown, WAIT).toEqual([5]);
      stop();
      const after = recorder();
      const live = vi.fn();
      const stopAfter = framework.subscribe(
        {
          text: ABOVE,
          variables: { least: 100 },
          millrace: { onState: ({ state }) => state === 'live' && live() },
        },
        after.watcher,
      );
      await expect.poll(() => live.mock.calls.length, WAIT).toBe(1);
      await served.say('k', [6, 101]);
      await expect.poll(() => after.shown, WAIT).toEqual([101]);
      expect(before.shown).toEqual([5]);
      expect(await served.live()).toBe(1);
      stopAfter();
      await expect.poll(served.live, WAIT).toBe(0);
    });

    it('D4 shows two observers of the same subscription everything, also after a reload, and stops it with the last one', async () => {
      const served = await serveGateway();
      const store = memoryStore();
      const follow = (client: Client) => {
        const framework = open(client);
        const recorders = [recorder(), recorder()] as const;
        const stops = recorders.map(({ watcher }) => framework.subscribe({ text: SAID }, watcher));
        return { recorders, stops };
      };
      const client = clientOf(served.server.url, { store });
      const { recorders, stops } = follow(client);
      await expect.poll(served.live, WAIT).toBe(facts.sharesEqual ? 1 : 2);
      await served.say('k', [1, 2]);
      for (const { shown } of recorders) await expect.poll(() => shown, WAIT).toEqual([1, 2]);
      stops[0]?.();
      await served.say('k', [3]);
      await expect.poll(() => recorders[1].shown, WAIT).toEqual([1, 2, 3]);
      expect([recorders[0].shown, await served.live()]).toEqual([[1, 2], 1]);
      stops[1]?.();
      await expect.poll(served.live, WAIT).toBe(0);
      client.close();
      await served.say('k', [4]);
      const reloaded = follow(clientOf(served.server.url, { store }));
      const missed = facts.sharesEqual ? [[4], [4]] : [[3, 4], [4]];
      for (const [index, { shown }] of reloaded.recorders.entries())
        await expect.poll(() => shown, WAIT).toEqual(missed[index]);
    });

    it('D4 counts a position once the observer has returned', async () => {
      const served = await serveGateway();
      const set = vi.fn<(key: string, cursor: string) => void>();
      const client = clientOf(served.server.url, { store: { ...memoryStore(), set } });
      const counted: number[] = [];
      open(client).subscribe(
        { text: SAID, millrace: { key: 'mine' } },
        { shows: () => counted.push(set.mock.calls.length), ends: () => undefined },
      );
      // The position where it starts.
      await expect.poll(() => set.mock.calls.length, WAIT).toBe(1);
      await served.say('k', [1, 2]);
      await expect.poll(() => set.mock.calls.length, WAIT).toBe(3);
      expect(counted).toEqual([1, 2]);
      expect(set.mock.calls.map(([key]) => key)).toEqual(['mine', 'mine', 'mine']);
    });

    it("shows errors in the framework's form, each with its own result, and ends with that of the server", async () => {
      const served = await serve();
      const framework = open(clientOf(served.server.url));
      const { shown, watcher, ends } = recorder();
      framework.subscribe({ text: NUMBERS }, watcher);
      const subscription = await subscribed(served);
      subscription.next(1);
      const errors = JSON.stringify([{ message: 'no text', extensions: { code: 'DECODE_FAILED' } }]);
      const head = `{"data":{"n":2},"errors":${errors},"extensions":{"event":{"id":"e2"},"cursor":"c2.`;
      subscription.sink.next({ head: Buffer.from(head), cursor: 'c2.' }, 'tag');
      subscription.next(3);
      subscription.sink.error([{ message: 'no', extensions: { code: 'FORBIDDEN', retry: false } }]);
      await expect.poll(() => shown.at(-1), WAIT).toBe('FORBIDDEN');
      expect(shown).toEqual([1, ...(facts.showsFieldErrors ? ['DECODE_FAILED'] : []), 2, 3, 'FORBIDDEN']);
      await expect.poll(ends, WAIT).toBe(1);
    });

    it('D5 tells of a gap and continues, or ends with the error where nobody asks to be told', async () => {
      const served = await serve();
      const framework = open(clientOf(served.server.url));
      const gaps: Gap[] = [];
      const told = recorder();
      framework.subscribe({ text: NUMBERS, millrace: { onGap: (gap) => gaps.push(gap) } }, told.watcher);
      const first = await subscribed(served);
      first.next(1);
      const extensions = { code: 'RESYNC_REQUIRED', retry: false, reason: 'RETENTION', earliest: 'c5.tag' };
      first.sink.error([{ message: 'gone', extensions }]);
      const second = await subscribed(served, 1);
      second.next(6);
      await expect.poll(() => told.shown, WAIT).toEqual([1, 6]);
      expect([gaps, second.caller.after]).toEqual([[{ reason: 'RETENTION', earliest: 'c5.tag' }], 'c5.tag']);
      const untold = recorder();
      framework.subscribe({ text: 'subscription Others { n }' }, untold.watcher);
      (await subscribed(served, 2)).sink.error([{ message: 'gone', extensions }]);
      await expect.poll(() => untold.shown, WAIT).toEqual(['RESYNC_REQUIRED']);
    });

    it('passes on where a subscription starts, and says what its document lacks for that', async () => {
      const served = await serve();
      const framework = open(clientOf(served.server.url));
      const text =
        'subscription Starts($since: DateTime, $snapshot: Boolean) { n(since: $since, snapshot: $snapshot) }';
      framework.subscribe({ text, millrace: { from: new Date(0), snapshot: true } }, recorder().watcher);
      const started = await subscribed(served);
      expect(started.request.variables).toMatchObject({ since: '1970-01-01T00:00:00.000Z', snapshot: true });
      framework.subscribe({ text: NUMBERS, millrace: { from: { cursor: 'c7.tag' } } }, recorder().watcher);
      expect((await subscribed(served, 1)).caller.after).toBe('c7.tag');
      const { shown, watcher, ends } = recorder();
      framework.subscribe({ text: 'subscription Late { n }', millrace: { from: 'earliest' } }, watcher);
      await expect
        .poll(() => shown, WAIT)
        .toEqual(['The document has no variable $since: pass one to the argument `since` of its field.']);
      await expect.poll(ends, WAIT).toBe(1);
    });

    it('ends with the server, and shows nothing twice for that', async () => {
      const served = await serve();
      const { shown, watcher, ends } = recorder();
      open(clientOf(served.server.url)).subscribe({ text: NUMBERS }, watcher);
      const subscription = await subscribed(served);
      subscription.next(1);
      subscription.next(2);
      subscription.sink.complete();
      await expect.poll(ends, WAIT).toBe(1);
      expect(shown).toEqual([1, 2]);
    });

    it('D1 gives all attempts of a mutation one idempotency key, and shows the error that ends them', async () => {
      const served = await serve();
      const framework = open(clientOf(served.server.url));
      const failsWith = (code: string, retry: boolean) => {
        const error = new GraphQLError('?', { extensions: { code, retry } });
        served.operations.result = { errors: [error] };
      };
      const call = { text: 'mutation Place($n: Int!) { place(n: $n) }', variables: { n: 1 } };
      failsWith('PUBLISH_UNCERTAIN', true);
      const done = framework.mutate({ ...call, millrace: { idempotencyKey: 'a key of its own' } });
      await expect.poll(() => served.operations.ran.length, WAIT).toBeGreaterThan(1);
      served.operations.result = { data: { place: 7 } };
      expect(await done).toEqual({ place: 7 });
      const keys = new Set(served.operations.ran.map(({ caller }) => caller.idempotencyKey));
      expect([...keys]).toEqual(['a key of its own']);
      expect(served.operations.ran[0]?.request.variables).toEqual({ n: 1 });
      failsWith('FORBIDDEN', false);
      expect(await framework.mutate(call)).toEqual(['FORBIDDEN']);
    });
  });
}
