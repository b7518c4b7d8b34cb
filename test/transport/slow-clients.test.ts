import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { Metrics } from '../../src/observe/metrics.js';
import type { FakeSubscription } from './fake-operations.js';
import { RawClient, type Served, serve, subscribed, tcp, WAIT } from './serve.js';

const MARK = 100_000;
const FILLING = 'x'.repeat(20_000);
/** A result of FILLING, as a frame or an event, with what is around it. */
const FRAME = 20_500;

async function served(slowTimeout = 60_000, keepAlive = 600_000, highWaterMark = MARK) {
  const metrics = new Metrics();
  const limits = { highWaterMark, slowTimeout, operationsPerConnection: 200 };
  return { ...(await serve({ metrics, limits, keepAlive })), metrics };
}

/** Gives results until the client has to hold back. @returns how many were taken */
async function fill(subscription: FakeSubscription): Promise<number> {
  let sent = 0;
  await vi.waitFor(() => {
    for (let burst = 0; burst < 1_000; burst++) {
      // What has ended takes everything, to nowhere.
      if (subscription.closed) throw new Error('over');
      if (!subscription.next(sent + 1, FILLING)) return;
      sent += 1;
    }
    throw new Error('room');
  }, WAIT);
  return sent;
}

/** A WebSocket over plain TCP that reads nothing after it was acknowledged. */
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
    // Masked with zeros, which changes nothing (RFC 6455, section 5.3).
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

describe('a WebSocket', () => {
  it('D8 C4 of 200 operations holds the high-water mark and one frame', async () => {
    const all = await served();
    const client = await RawClient.acknowledged(all.wsUrl);
    for (let i = 0; i < 200; i++) client.subscribe(String(i));
    await subscribed(all, 199);
    client.socket.pause();
    const { subscriptions } = all.operations;
    const taken = subscriptions.map(() => 0);
    await vi.waitFor(() => {
      for (const [i, subscription] of subscriptions.entries()) {
        if (subscription.next((taken[i] ?? 0) + 1, FILLING)) taken[i] = (taken[i] ?? 0) + 1;
      }
      expect(subscriptions.some((subscription) => subscription.next(0, FILLING))).toBe(false);
    }, WAIT);
    const bytes = await bytesOf(all.metrics);
    expect(bytes).toBeGreaterThan(MARK);
    expect(bytes).toBeLessThanOrEqual(MARK + FRAME);
    expect(await slowOf(all.metrics)).toBe(1);
    client.socket.resume();
    await vi.waitFor(async () => expect(await slowOf(all.metrics)).toBe(0), WAIT);
    // Every one of them had something that was not taken.
    await vi.waitFor(() => expect(subscriptions.every(({ drains }) => drains === 1)).toBe(true), WAIT);
  });

  it('D8 gives each of its operations a turn, although each could fill it alone', async () => {
    const all = await served();
    const client = await RawClient.acknowledged(all.wsUrl);
    for (let i = 0; i < 4; i++) client.subscribe(String(i));
    await subscribed(all, 3);
    client.socket.pause();
    const { subscriptions } = all.operations;
    const taken = subscriptions.map(() => 0);
    const bring = (i: number): void => {
      for (let burst = 0; burst < 1_000; burst++) {
        if (!subscriptions[i]?.next(0, FILLING)) return;
        taken[i] = (taken[i] ?? 0) + 1;
      }
    };
    for (const [i, subscription] of subscriptions.entries()) {
      vi.spyOn(subscription, 'drained').mockImplementation(() => taken.includes(0) && bring(i));
      bring(i);
    }
    expect(taken).toContain(0);
    client.socket.resume();
    await vi.waitFor(() => expect(taken).not.toContain(0), WAIT);
  });

  it('D8 of a client that never reads is ended, its subscriptions too', async () => {
    const all = await served(300);
    const { socket, send } = await rawSocket(all);
    send({ id: '1', type: 'subscribe', payload: { query: 'subscription { n }' } });
    const subscription = await subscribed(all);
    await fill(subscription);
    await vi.waitFor(() => expect(subscription.closed).toBe(true), WAIT);
    await vi.waitFor(() => expect(all.server.connections.websocket).toBe(0), WAIT);
    expect(await slowOf(all.metrics)).toBe(0);
    expect((await all.metrics.slowDisconnects.get()).values).toMatchObject([
      { labels: { why: 'timeout' }, value: 1 },
    ]);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    await closed;
  });

  it('D8 of a client that reads again is told why it was ended: 1013', async () => {
    // Pings that are not answered meanwhile are not what ends it.
    const all = await served(1_500, 200);
    const client = await RawClient.acknowledged(all.wsUrl);
    client.subscribe('1');
    const subscription = await subscribed(all);
    client.socket.pause();
    const close = vi.spyOn(subscription, 'close').mockImplementation(() => client.socket.resume());
    const sent = await fill(subscription);
    expect(await client.closed).toEqual({ code: 1013, reason: 'Slow consumer' });
    expect(close).toHaveBeenCalled();
    // D3: all that was taken arrived.
    expect(client.messages).toHaveLength(sent + 1);
  });
});

describe('an event stream', () => {
  const REQUEST =
    'GET /graphql?query=subscription%7Bn%7D HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n';

  it('D8 C4 holds the high-water mark and one event', async () => {
    const all = await served();
    tcp(all.server.url, REQUEST);
    await fill(await subscribed(all));
    const bytes = await bytesOf(all.metrics);
    expect(bytes).toBeGreaterThan(MARK);
    expect(bytes).toBeLessThanOrEqual(MARK + FRAME);
  });

  it('D8 of a client that never reads is cut off', async () => {
    const all = await served(300);
    const socket = tcp(all.server.url, REQUEST);
    const subscription = await subscribed(all);
    await fill(subscription);
    await vi.waitFor(() => expect(subscription.closed).toBe(true), WAIT);
    await vi.waitFor(() => expect(all.server.connections.sse).toBe(0), WAIT);
    expect(await slowOf(all.metrics)).toBe(0);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    await closed;
  });

  it('D8 that has ended is cut off as well when its client reads nothing', async () => {
    const all = await served(300, 600_000, 100_000_000);
    tcp(all.server.url, REQUEST);
    const subscription = await subscribed(all);
    // More than the system has room for, and less than the mark.
    for (let n = 0; n < 1_500; n++) subscription.next(n, FILLING);
    expect(await slowOf(all.metrics)).toBe(0);
    subscription.sink.complete();
    await vi.waitFor(() => expect(all.server.connections.sse).toBe(0), WAIT);
  });

  it('D8 a burst of one turn that the system takes is not held back', async () => {
    const all = await served();
    const response = await fetch(`${all.server.url}?query=subscription{n}`, {
      headers: { accept: 'text/event-stream' },
    });
    const subscription = await subscribed(all);
    expect(Array.from({ length: 10 }, (_, n) => subscription.next(n, FILLING))).not.toContain(false);
    await response.body?.cancel();
  });
});
