import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createClient } from '../src/index.js';
import { serve } from './support/foreign-server.js';

describe('a server that is not Millrace', () => {
  it.each(['websocket', 'sse'] as const)('is read over %s, and does not resume', async (transport) => {
    const client = createClient({ url: await serve(), webSocket: WebSocket, transports: [transport] });
    onTestFinished(() => client.close());
    const steps = client.subscribe<{ count: number }>('subscription { count }');
    const seen: unknown[] = [];
    for await (const { data, cursor, replayed } of steps) {
      expect([cursor, replayed]).toEqual([undefined, false]);
      seen.push(data?.count);
    }
    expect(seen).toEqual([1, 2, 3]);
    expect([steps.resumable, steps.state]).toEqual([false, { state: 'ended', reason: 'completed' }]);
  });

  it('that closes connections with 1000 is connected to again after a wait, and only once at a time', async () => {
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => sockets.once('listening', resolve));
    onTestFinished(() => sockets.close());
    let connections = 0;
    sockets.on('connection', (socket) => {
      connections += 1;
      socket.on('message', (data) => {
        const { type } = JSON.parse(String(data));
        if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
        else socket.close(1000);
      });
    });
    const { port } = sockets.address() as AddressInfo; // It listens on TCP.
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const client = createClient({ url: `http://127.0.0.1:${port}`, webSocket: WebSocket });
    onTestFinished(() => client.close());
    const waited = new Promise((resolve) => {
      client.onState((state) => {
        if (state.state === 'waiting') setImmediate(() => resolve(state));
      });
    });
    client.subscribe('subscription { n }');
    expect(await waited).toMatchObject({ because: 'the connection was closed (1000)' });
    // A connection that was opened at once would be accepted before this one.
    const later = new WebSocket(`ws://127.0.0.1:${port}`);
    onTestFinished(() => later.terminate());
    await new Promise((resolve) => later.once('open', resolve));
    expect(connections).toBe(2);
  });
});
