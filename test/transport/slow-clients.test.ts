import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { Metrics } from '../../src/observe/metrics.js';
import { fill, RawClient, type Served, serve, subscribed, tcp, WAIT } from './serve.js';

const MARK = 100_000;
const FILLING = 'x'.repeat(20_000);
/** The most that a result with FILLING takes, as a frame or an event. */
const FRAME_BYTES = 20_500;

async function served(slowTimeout = 60_000, keepAlive = 600_000, highWaterMark = MARK) {
  const metrics = new Metrics();
  const limits = { highWaterMark, slowTimeout, operationsPerConnection: 200 };
  return { ...(await serve({ metrics, limits, keepAlive })), metrics };
}

/** A WebSocket over plain TCP that reads nothing once it is acknowledged. */
async function rawSocket({ server }: Served) {
  const upgrade = [
    'GET /graphql HTTP/1.1',
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Protocol: graphql-transport-ws',
    '\r\n',
  ].join('\r\n');
  const socket = tcp(server.url, upgrade);
  const send = (message: object): void => {
    const payload = Buffer.from(JSON.stringify(message));
    // A mask of zeros changes nothing (RFC 6455, section 5.3).
    socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
  };
  let seen = '';
  const read = (): void => {
    seen += socket.read() ?? '';
  };
  socket.on('readable', read);
  await vi.waitFor(() => expect(seen).toContain('101 Switching Protocols'), WAIT);
  send({ type: 'connection_init' });
  await vi.waitFor(() => expect(seen).toContain('connection_ack'), WAIT);
  socket.off('readable', read);
  return { socket, send };
}

const bytesOf = async (metrics: Metrics) => (await metrics.slowBytes.get()).values[0]?.value ?? 0;
const slowOf = async (metrics: Metrics) => (await metrics.slowClients.get()).values[0]?.value ?? 0;

describe('a slow client on a WebSocket', () => {
  it('D8 C4 with 200 operations makes the node hold at most the high-water mark and one frame', async () => {
    const node = await served();
    const client = await RawClient.acknowledged(node.wsUrl);
    for (let i = 0; i < 200; i++) client.subscribe(String(i));
    await subscribed(node, 199);
    client.socket.pause();
    const { subscriptions } = node.operations;
    const taken = subscriptions.map(() => 0);
    await vi.waitFor(() => {
      for (const [i, subscription] of subscriptions.entries()) {
        if (subscription.next((taken[i] ?? 0) + 1, FILLING)) taken[i] = (taken[i] ?? 0) + 1;
      }
      expect(subscriptions.some((subscription) => subscription.next(0, FILLING))).toBe(false);
    }, WAIT);
    const bytes = await bytesOf(node.metrics);
    expect(bytes).toBeGreaterThan(MARK);
    expect(bytes).toBeLessThanOrEqual(MARK + FRAME_BYTES);
    expect(await slowOf(node.metrics)).toBe(1);
    client.socket.resume();
    await vi.waitFor(async () => expect(await slowOf(node.metrics)).toBe(0), WAIT);
    // Each of them had a result refused.
    await vi.waitFor(() => expect(subscriptions.every(({ drains }) => drains === 1)).toBe(true), WAIT);
  });

  it('D8 gets results of each of its operations, although one could fill the connection alone', async () => {
    const node = await served();
    const client = await RawClient.acknowledged(node.wsUrl);
    for (let i = 0; i < 4; i++) client.subscribe(String(i));
    await subscribed(node, 3);
    client.socket.pause();
    const { subscriptions } = node.operations;
    const taken = subscriptions.map(() => 0);
    const deliver = (i: number): void => {
      for (let burst = 0; burst < 1_000; burst++) {
        if (!subscriptions[i]?.next(0, FILLING)) return;
        taken[i] = (taken[i] ?? 0) + 1;
      }
    };
    for (const [i, subscription] of subscriptions.entries()) {
      vi.spyOn(subscription, 'onDrained').mockImplementation(() => taken.includes(0) && deliver(i));
      deliver(i);
    }
    expect(taken).toContain(0);
    client.socket.resume();
    await vi.waitFor(() => expect(taken).not.toContain(0), WAIT);
  });

  it('D8 is disconnected, with its subscriptions, when it never reads', async () => {
    const node = await served(300);
    const { socket, send } = await rawSocket(node);
    send({ id: '1', type: 'subscribe', payload: { query: 'subscription { n }' } });
    const subscription = await subscribed(node);
    await fill(subscription, FILLING);
    await vi.waitFor(() => expect(subscription.closed).toBe(true), WAIT);
    await vi.waitFor(() => expect(node.server.connections.websocket).toBe(0), WAIT);
    expect(await slowOf(node.metrics)).toBe(0);
    expect((await node.metrics.slowDisconnects.get()).values).toMatchObject([
      { labels: { why: 'timeout' }, value: 1 },
    ]);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    await closed;
  });

  it('D8 receives 1013 as the reason of its disconnect when it reads again', async () => {
    // The pings that it does not answer meanwhile do not end it.
    const node = await served(1_500, 200);
    const client = await RawClient.acknowledged(node.wsUrl);
    client.subscribe('1');
    const subscription = await subscribed(node);
    client.socket.pause();
    const close = vi.spyOn(subscription, 'close').mockImplementation(() => client.socket.resume());
    const sent = await fill(subscription, FILLING);
    expect(await client.closed).toEqual({ code: 1013, reason: 'Slow consumer' });
    expect(close).toHaveBeenCalled();
    // D3: every accepted result has arrived.
    expect(client.messages).toHaveLength(sent + 1);
  });
});

describe('a slow client of an event stream', () => {
  const REQUEST =
    'GET /graphql?query=subscription%7Bn%7D HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n';

  it('D8 C4 makes the node hold at most the high-water mark and one event', async () => {
    const node = await served();
    tcp(node.server.url, REQUEST);
    await fill(await subscribed(node), FILLING);
    const bytes = await bytesOf(node.metrics);
    expect(bytes).toBeGreaterThan(MARK);
    expect(bytes).toBeLessThanOrEqual(MARK + FRAME_BYTES);
  });

  it('D8 is terminated when it never reads', async () => {
    const node = await served(300);
    const socket = tcp(node.server.url, REQUEST);
    const subscription = await subscribed(node);
    await fill(subscription, FILLING);
    await vi.waitFor(() => expect(subscription.closed).toBe(true), WAIT);
    await vi.waitFor(() => expect(node.server.connections.sse).toBe(0), WAIT);
    expect(await slowOf(node.metrics)).toBe(0);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    await closed;
  });

  it('D8 is terminated when it does not read the end of its stream', async () => {
    const node = await served(300, 600_000, 100_000_000);
    tcp(node.server.url, REQUEST);
    const subscription = await subscribed(node);
    // More than the operating system accepts, and less than the mark.
    for (let n = 0; n < 1_500; n++) subscription.next(n, FILLING);
    expect(await slowOf(node.metrics)).toBe(0);
    subscription.sink.complete();
    await vi.waitFor(() => expect(node.server.connections.sse).toBe(0), WAIT);
  });

  it('D8 is not slow when the operating system accepts a burst of one tick', async () => {
    const node = await served();
    const response = await fetch(`${node.server.url}?query=subscription{n}`, {
      headers: { accept: 'text/event-stream' },
    });
    const subscription = await subscribed(node);
    expect(Array.from({ length: 10 }, (_, n) => subscription.next(n, FILLING))).not.toContain(false);
    await response.body?.cancel();
  });
});
