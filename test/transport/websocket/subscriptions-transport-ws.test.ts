import { SubscriptionClient } from 'subscriptions-transport-ws';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { CLOSE_CODES } from '../../../src/transport/websocket/close-codes.js';
import { shown } from '../fake-operations.js';
import { serveGateway } from '../gateway.js';
import { RawClient, type Served, serve, subscribed, WAIT } from '../serve.js';

const OLD = ['graphql-ws'];

/** A client of the old subprotocol that has sent nothing yet. */
async function raw({ wsUrl }: Pick<Served, 'wsUrl'>): Promise<RawClient> {
  const client = new RawClient(wsUrl, OLD);
  await new Promise((resolve) => client.socket.once('open', resolve));
  return client;
}

/** What an operation of the package's client tells its observer. */
function observe(client: SubscriptionClient, query: string) {
  const told: { next: unknown[]; error?: unknown; complete?: true } = { next: [] };
  const { unsubscribe } = client.request({ query }).subscribe({
    next: (result) => void told.next.push(result),
    error: (error) => {
      told.error = error;
    },
    complete: () => {
      told.complete = true;
    },
  });
  return { told, unsubscribe };
}

describe('the client of subscriptions-transport-ws', () => {
  function connect({ wsUrl }: Pick<Served, 'wsUrl'>, options = {}): SubscriptionClient {
    const client = new SubscriptionClient(wsUrl, options, WebSocket);
    onTestFinished(() => client.close());
    return client;
  }

  it('gets the results of subscriptions, queries and mutations, errors and ends', async () => {
    const served = await serve();
    const client = connect(served);
    const results = observe(client, 'subscription { n }');
    const subscription = await subscribed(served);
    subscription.next(1);
    subscription.next(2);
    subscription.sink.complete();
    await vi.waitFor(() => expect(results.told.complete).toBe(true), WAIT);
    expect(results.told.next).toEqual([shown(1), shown(2)]);
    const answer = observe(client, 'mutation { x }');
    await vi.waitFor(() => expect(answer.told.complete).toBe(true), WAIT);
    expect(answer.told.next).toEqual([{ data: { ran: 'mutation' } }]);
    const failing = observe(client, 'subscription { n }');
    const error = { message: 'no', extensions: { code: 'RESYNC_REQUIRED', retry: false } };
    (await subscribed(served, 1)).sink.error([error, { message: 'another' }]);
    await vi.waitFor(() => expect(failing.told.error).toEqual(error), WAIT);
    const stopped = observe(client, 'subscription { n }');
    const third = await subscribed(served, 2);
    stopped.unsubscribe();
    await vi.waitFor(() => expect(third.closed).toBe(true), WAIT);
  });

  it('S1 starts operations before it is acknowledged, which begin once its credentials are verified', async () => {
    let verify = (): void => undefined;
    const verified = new Promise<void>((resolve) => {
      verify = resolve;
    });
    const served = await serve({
      authenticate: async ({ connectionParams }) => {
        await verified;
        return { claims: { sub: connectionParams?.['user'] }, expiresAt: undefined };
      },
    });
    const client = await raw(served);
    client.send({ type: 'connection_init', payload: { user: 'ann' } });
    for (const id of ['1', '2', '3'])
      client.send({ id, type: 'start', payload: { query: 'subscription { n }' } });
    client.send({ id: '2', type: 'stop' });
    // The answer to a ping frame shows that all of it has arrived.
    const pong = new Promise((resolve) => client.socket.once('pong', resolve));
    client.socket.ping();
    await pong;
    expect([served.operations.subscriptions, client.messages]).toEqual([[], []]);
    verify();
    await subscribed(served, 1);
    const started = served.operations.subscriptions.map(({ caller }) => caller.identity.claims);
    // The second was stopped before it began.
    expect(started).toEqual([{ sub: 'ann' }, { sub: 'ann' }]);
    expect(client.messages).toEqual([{ type: 'connection_ack' }, { type: 'ka' }]);
  });

  it('resumes after the cursor of its last result, with `after` in the extensions of its request', async () => {
    const gateway = await serveGateway();
    await gateway.say('k', [1, 2, 3]);
    const first = await raw(gateway);
    first.send({ type: 'connection_init' });
    first.send({
      id: '1',
      type: 'start',
      payload: { query: 'subscription { said(since: "2020-01-01T00:00:00Z") { n } }' },
    });
    await vi.waitFor(() => expect(first.messages).toHaveLength(5), WAIT);
    const cursor = /"cursor":"([^"]+)"/.exec(JSON.stringify(first.messages[2]))?.[1];
    const second = await raw(gateway);
    second.send({ type: 'connection_init' });
    const payload = { query: 'subscription { said { n } }', extensions: { after: cursor } };
    second.send({ id: '1', type: 'start', payload });
    await vi.waitFor(() => expect(second.messages).toHaveLength(4), WAIT);
    expect(second.messages.slice(2)).toMatchObject([
      { type: 'data', payload: { data: { said: { n: 2 } } } },
      { type: 'data', payload: { data: { said: { n: 3 } } } },
    ]);
  });
});

describe('the subprotocol graphql-ws', () => {
  const init = { type: 'connection_init' };

  it('is chosen only by clients that do not offer graphql-transport-ws', async () => {
    const { wsUrl } = await serve();
    const both = new RawClient(wsUrl, ['graphql-ws', 'graphql-transport-ws']);
    await vi.waitFor(() => expect(both.socket.protocol).toBe('graphql-transport-ws'), WAIT);
  });

  it('is refused with 4406 where TRANSPORTS leaves it out', async () => {
    const client = new RawClient((await serve({ transports: ['graphql-transport-ws'] })).wsUrl, OLD);
    await expect(client.closed.catch(String)).resolves.toMatch(/no subprotocol|4406/i);
  });

  it('acknowledges first and sends `ka` at once after it, on which clients build their watchdogs', async () => {
    const client = await raw(await serve({ keepAlive: 1_000 }));
    client.send(init);
    await vi.waitFor(() => expect(client.messages.length).toBeGreaterThan(2), WAIT);
    expect(client.messages[0]).toEqual({ type: 'connection_ack' });
    expect(client.messages.slice(1)).toEqual(client.messages.slice(1).map(() => ({ type: 'ka' })));
  });

  it('S2 sends no warning before the credentials expire, which its client would not know', async () => {
    const client = await raw(await serve());
    const authorization = `user ann ${Date.now() + 2_500}`;
    client.send({ ...init, payload: { authorization, renews: true } });
    expect(await client.closed).toMatchObject({ code: 4403, reason: 'Credentials expired' });
    expect(client.messages).toEqual([{ type: 'connection_ack' }, { type: 'ka' }]);
  });

  it('says why it refuses credentials, for clients that do not read close frames', async () => {
    const client = await raw(await serve());
    client.send({ ...init, payload: { authorization: 'bad' } });
    expect(await client.closed).toMatchObject({ code: 4403 });
    expect(client.messages).toEqual([
      { type: 'connection_error', payload: { message: 'Invalid credentials.' } },
    ]);
  });

  it('an error is an object, as Apollo Kotlin reads it, with all errors, and ends the operation', async () => {
    const served = await serve();
    const client = await raw(served);
    client.send(init);
    client.send({ id: '1', type: 'start', payload: { query: 'subscription { n }' } });
    const errors = [{ message: 'one', extensions: { code: 'X' } }, { message: 'two' }];
    (await subscribed(served)).sink.error(errors);
    await client.sees({ id: '1', type: 'complete' });
    expect(client.messages.at(-2)).toEqual({ id: '1', type: 'error', payload: { ...errors[0], errors } });
  });

  it('D4 shows positions as results without data to a client that asks for them, and to no other', async () => {
    const gateway = await serveGateway({}, { positionIntervalMs: 10 });
    const [reading, silent] = [await raw(gateway), await raw(gateway)];
    const start = { id: '1', type: 'start', payload: { query: 'subscription { above(least: 1000) { n } }' } };
    reading.send({ ...init, payload: { positions: true } });
    silent.send(init);
    for (const client of [reading, silent]) client.send(start);
    const extensions = { position: true, behind: 0, cursor: expect.any(String) };
    await reading.sees({ id: '1', type: 'data', payload: { data: null, extensions } });
    await expect.poll(gateway.live, WAIT).toBe(2);
    expect(silent.messages).toEqual([{ type: 'connection_ack' }, { type: 'ka' }]);
  });

  it.each<[keyof typeof CLOSE_CODES, string, unknown[]]>([
    ['TERMINATED', '`connection_terminate`', [init, { type: 'connection_terminate', payload: null }]],
    [
      'UNAUTHORIZED',
      'a `start` without `connection_init`',
      [{ id: '1', type: 'start', payload: { query: 'x' } }],
    ],
    ['BAD_REQUEST', 'text that is not JSON', ['{']],
    [
      'BAD_REQUEST',
      'a message of the other subprotocol',
      [init, { id: '1', type: 'subscribe', payload: { query: 'x' } }],
    ],
    ['BAD_REQUEST', 'a message without a type', [init, { id: '1' }]],
    ['BAD_REQUEST', 'a message named like what all objects have', [init, { type: 'constructor' }]],
    ['BAD_REQUEST', 'a start without a query', [init, { id: '1', type: 'start', payload: {} }]],
    ['SECOND_INIT', 'a second init', [init, init]],
  ])('closes with %s after %s', async (reason, _, messages) => {
    const served = await serve();
    const client = await raw(served);
    for (const message of messages) client.send(message);
    expect(await client.closed).toMatchObject({ code: CLOSE_CODES[reason].code });
    expect(served.errors).toEqual([]);
  });
});
