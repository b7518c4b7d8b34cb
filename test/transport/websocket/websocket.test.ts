import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { shown } from '../fake-operations.js';
import { fill, RawClient, serve, subscribed, WAIT } from '../serve.js';

const QUERY = 'subscription { n }';

describe('graphql-transport-ws', () => {
  it('serves subscriptions, queries and mutations of the graphql-ws client', async () => {
    const served = await serve();
    const client = createClient({ url: served.wsUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
    onTestFinished(() => client.dispose());
    const results = client.iterate({ query: QUERY, variables: { a: 1 } });
    const first = results.next();
    const subscription = await subscribed(served);
    expect(subscription.request.variables).toEqual({ a: 1 });
    subscription.next(1);
    expect((await first).value).toEqual(shown(1));
    subscription.next(2);
    expect((await results.next()).value).toEqual(shown(2));
    for (const kind of ['query', 'mutation']) {
      const answer = client.iterate({ query: `${kind} { x }` });
      expect((await answer.next()).value).toEqual({ data: { ran: kind } });
      expect((await answer.next()).done).toBe(true);
    }
    subscription.sink.complete();
    expect((await results.next()).done).toBe(true);
    expect(served.errors).toEqual([]);
  });

  it("C1 frames the cohort's bytes between id and tag, for every length of a frame header", async () => {
    const served = await serve();
    const client = await RawClient.acknowledged(served.wsUrl);
    client.subscribe('a "quoted" id');
    const subscription = await subscribed(served);
    for (const size of [0, 10, 200, 70_000]) {
      const filling = 'é'.repeat(size);
      subscription.next(size, filling);
      await client.sees({ id: 'a "quoted" id', type: 'next', payload: shown(size, 'tag', filling) });
    }
  });

  it('sends nothing more for an operation that its client completes, and frees the id', async () => {
    const served = await serve();
    const client = await RawClient.acknowledged(served.wsUrl);
    client.subscribe('1');
    const subscription = await subscribed(served);
    client.send({ id: '1', type: 'complete' });
    await vi.waitFor(() => expect(subscription.closed).toBe(true), WAIT);
    expect(subscription.caller.signal.aborted).toBe(true);
    expect(subscription.next(1)).toBe(true);
    client.send({ type: 'ping', payload: { n: 1 } });
    await client.sees({ type: 'pong', payload: { n: 1 } });
    expect(client.messages).toEqual([{ type: 'connection_ack' }, { type: 'pong', payload: { n: 1 } }]);
    client.subscribe('1');
    await subscribed(served, 1);
  });

  it('S4 answers a ping that is nested very deeply, or closes its connection alone', async () => {
    const served = await serve();
    const client = await RawClient.acknowledged(served.wsUrl);
    client.send(`{"type":"ping","payload":{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`);
    // Node 20 to 24 cannot write such JSON; newer ones can.
    const answered = vi.waitFor(() => expect(client.messages).toHaveLength(2), WAIT).then(() => 'answered');
    expect([4400, 'answered']).toContain(
      await Promise.race([client.closed.then(({ code }) => code), answered.catch(() => 'nothing')]),
    );
    await RawClient.acknowledged(served.wsUrl);
  });

  it('S4 fails only the operation whose result cannot be written as JSON', async () => {
    const served = await serve();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    vi.spyOn(served.operations, 'run').mockResolvedValue({ data: circle });
    const client = await RawClient.acknowledged(served.wsUrl);
    client.subscribe('1', 'query { n }');
    const extensions = { code: 'INTERNAL', retry: false };
    const payload = [{ message: 'This request failed.', extensions }];
    await client.sees({ id: '1', type: 'error', payload });
  });

  it('closes the subscriptions of a client that disconnects', async () => {
    const served = await serve();
    const client = await RawClient.acknowledged(served.wsUrl);
    client.subscribe('1');
    const subscription = await subscribed(served);
    client.socket.terminate();
    await vi.waitFor(() => expect(subscription.closed).toBe(true), WAIT);
    expect(served.server.connections.websocket).toBe(0);
  });

  it('ends an operation that fails or is invalid with an error and without complete', async () => {
    const served = await serve();
    const client = await RawClient.acknowledged(served.wsUrl);
    client.subscribe('1');
    (await subscribed(served)).sink.error([{ message: 'no' }]);
    await client.sees({ id: '1', type: 'error', payload: [{ message: 'no' }] });
    client.subscribe('2', 'subscription { unknownField }');
    await vi.waitFor(() => expect(client.messages.at(-1)).toMatchObject({ id: '2', type: 'error' }), WAIT);
    expect(client.messages).toHaveLength(3);
  });

  it('S4 refuses an operation above the limit, and no other', async () => {
    const served = await serve({ limits: { operationsPerConnection: 1 } });
    const client = await RawClient.acknowledged(served.wsUrl);
    client.subscribe('1');
    client.subscribe('2');
    await vi.waitFor(() => {
      expect(client.messages.at(-1)).toMatchObject({
        id: '2',
        type: 'error',
        payload: [{ extensions: { code: 'LIMIT_EXCEEDED' } }],
      });
    }, WAIT);
    (await subscribed(served)).next(1);
    await client.sees({ id: '1', type: 'next', payload: shown(1) });
  });

  it('S4 refuses a connection above the limit, and frees the slot of a closed one', async () => {
    const served = await serve({ limits: { connections: 1 } });
    const first = await RawClient.open(served.wsUrl);
    const second = await RawClient.open(served.wsUrl);
    expect(await second.closed).toEqual({ code: 1013, reason: 'Try again later' });
    expect(served.server.connections.websocket).toBe(1);
    first.socket.close();
    await first.closed;
    await vi.waitFor(() => RawClient.acknowledged(served.wsUrl), WAIT);
  });

  it('takes the trace from the operation, or else from the connection', async () => {
    const served = await serve();
    const traceparent = '00-11111111111111111111111111111111-1111111111111111-01';
    const own = '00-22222222222222222222222222222222-2222222222222222-01';
    const payload = { traceparent, 'x-correlation-id': 'c', authorization: 'user ann' };
    const client = await RawClient.acknowledged(served.wsUrl, payload);
    client.subscribe('1', 'mutation { x }', { extensions: { traceparent: own, idempotencyKey: 'k' } });
    await client.sees({ id: '1', type: 'complete' });
    client.subscribe('2', 'mutation { x }');
    await client.sees({ id: '2', type: 'complete' });
    const [first, second] = served.operations.ran;
    const identity = { claims: { sub: 'ann' } };
    expect(first?.caller).toMatchObject({
      identity,
      traceparent: own,
      correlationId: 'c',
      idempotencyKey: 'k',
    });
    expect(second?.caller).toMatchObject({ identity, traceparent, correlationId: 'c' });
    expect(second?.caller.idempotencyKey).toBeUndefined();
  });

  it('D1 reads integers beyond 2^53 exactly, and answers a ping with those that it has', async () => {
    const served = await serve();
    const client = await RawClient.acknowledged(served.wsUrl);
    const pong = once(client.socket, 'message');
    client.send('{"type":"ping","payload":{"n":1234567890123456789}}');
    expect(String((await pong)[0])).toBe('{"type":"pong","payload":{"n":1234567890123456789}}');
    const variables = '{"r":1234567890123456789}';
    client.send(
      `{"id":"1","type":"subscribe","payload":{"query":"mutation { x }","variables":${variables}}}`,
    );
    await client.sees({ id: '1', type: 'complete' });
    expect(served.operations.ran[0]?.request.variables).toEqual({ r: 1234567890123456789n });
  });

  it('terminates a client that answers no ping, and keeps one that does', async () => {
    const served = await serve({ keepAlive: 400 });
    const silent = new RawClient(served.wsUrl, ['graphql-transport-ws'], { autoPong: false });
    const alive = new RawClient(served.wsUrl);
    expect(await silent.closed).toMatchObject({ code: 1006 });
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
  });
});

describe('close codes', () => {
  const subscribe = { id: '1', type: 'subscribe', payload: { query: QUERY } };
  const init = { type: 'connection_init' };
  it.each<[string, number, unknown[]]>([
    ['text that is not JSON', 4400, ['{']],
    ['a message without a type', 4400, [{ id: '1' }]],
    ['a message of an unknown type', 4400, [{ type: 'start' }]],
    ['a subscribe without a query', 4400, [init, { id: '1', type: 'subscribe', payload: {} }]],
    ['a message that only a server may send', 4400, [init, { id: '1', type: 'next', payload: {} }]],
    ['a subscribe before the init', 4401, [subscribe]],
    ['a second init', 4429, [init, init]],
    ['invalid credentials', 4403, [{ type: 'connection_init', payload: { authorization: 'bad' } }]],
    ['a message above the limit', 1009, [`"${'x'.repeat(2_000)}"`]],
  ])('closes after %s with code %i', async (_, code, messages) => {
    const served = await serve({ limits: { bodyBytes: 1_000 } });
    const client = await RawClient.open(served.wsUrl);
    for (const message of messages) client.send(message);
    expect(await client.closed).toMatchObject({ code });
    expect(served.errors).toEqual([]);
  });

  it('closes with 4409 when the id of a running operation is used again', async () => {
    const served = await serve();
    const client = await RawClient.acknowledged(served.wsUrl);
    client.subscribe('1');
    client.subscribe('1');
    expect(await client.closed).toEqual({ code: 4409, reason: 'Subscriber for 1 already exists' });
    expect((await subscribed(served)).closed).toBe(true);
  });

  it('closes with 4400 after a binary message', async () => {
    const client = await RawClient.open((await serve()).wsUrl);
    client.socket.send(Buffer.from('{"type":"ping"}'));
    expect(await client.closed).toMatchObject({ code: 4400 });
  });

  it('closes with 4406 without a supported subprotocol', async () => {
    const client = new RawClient((await serve()).wsUrl, []);
    expect(await client.closed).toMatchObject({ code: 4406 });
    const empty = { headers: { 'sec-websocket-protocol': '' } };
    expect(await new RawClient((await serve()).wsUrl, [], empty).closed).toMatchObject({ code: 4406 });
  });

  it('closes with 4408 without connection_init in time', async () => {
    const client = await RawClient.open((await serve({ initTimeoutMs: 20 })).wsUrl);
    expect(await client.closed).toMatchObject({ code: 4408 });
  });

  it('S2 closes the connection and its subscriptions with 4403 when the credentials expire', async () => {
    const served = await serve();
    const client = await RawClient.acknowledged(served.wsUrl, {
      authorization: `user ann ${Date.now() + 1_500}`,
    });
    client.subscribe('1');
    const subscription = await subscribed(served);
    expect(await client.closed).toEqual({ code: 4403, reason: 'Credentials expired' });
    expect(subscription.closed).toBe(true);
  });

  it('closes with 1012 when the server closes, after the pending results', async () => {
    const served = await serve();
    const client = await RawClient.acknowledged(served.wsUrl);
    client.subscribe('1');
    const subscription = await subscribed(served);
    subscription.next(1);
    await served.server[Symbol.asyncDispose]();
    expect(await client.closed).toMatchObject({ code: 1012 });
    expect(client.messages.at(-1)).toEqual({ id: '1', type: 'next', payload: shown(1) });
    expect(subscription.closed).toBe(true);
  });
});

describe('backpressure of a WebSocket', () => {
  it('D8 refuses results for a client that does not read, and calls drained once it has read', async () => {
    const highWaterMark = 100_000;
    const served = await serve({ limits: { highWaterMark } });
    const client = await RawClient.acknowledged(served.wsUrl);
    client.subscribe('1');
    const subscription = await subscribed(served);
    client.socket.pause();
    const sent = await fill(subscription, 'x'.repeat(20_000));
    expect(subscription.drains).toBe(0);
    client.socket.resume();
    await vi.waitFor(() => expect(subscription.drains).toBe(1), WAIT);
    expect(subscription.next(sent + 1)).toBe(true);
    await client.sees({ id: '1', type: 'next', payload: shown(sent + 1) });
    // D3: every accepted result has arrived, in order.
    const ns = client.messages
      .slice(1)
      .map((message) => (message as { payload: { data: { n: number } } }).payload.data.n);
    expect(ns).toEqual(Array.from({ length: sent + 1 }, (_, i) => i + 1));
  });
});
