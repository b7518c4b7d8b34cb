import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { serve } from '../call.js';
import { paced } from '../clock.js';

interface BareBurst {
  /** The text before and after an event's number in each message. */
  readonly head: string;
  readonly tail: string;
  readonly events: number;
  /** 0 for as fast as possible. */
  readonly intervalMs: number;
}

export interface WsSendApi {
  listen(): Promise<string>;
  /** Sends these events to all clients in a bare loop. */
  send(burst: BareBurst): Promise<void>;
  /** Pings all clients in turn from here on, and terminates those that did not answer, as the documentation of `ws` has it. */
  startPings(intervalMs: number): void;
}

const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  handleProtocols: () => 'graphql-transport-ws',
});
server.on('connection', (socket) => {
  answered.add(socket);
  socket.on('pong', () => answered.add(socket));
  socket.on('message', (data) => {
    if (String(data).includes('connection_init')) socket.send('{"type":"connection_ack"}');
  });
});
let next = 0;
const answered = new WeakSet<WebSocket>();

function pingAll(): void {
  for (const client of server.clients) {
    if (answered.delete(client)) client.ping();
    else client.terminate();
  }
}

function sendAll({ head, tail }: BareBurst): void {
  const message = `${head}${next++}${tail}`;
  for (const client of server.clients) client.send(message);
}

serve<WsSendApi>('wsSend', {
  async listen() {
    if (server.address() === null) await once(server, 'listening');
    const { port } = server.address() as { port: number }; // A TCP server's address.
    return `http://127.0.0.1:${port}`;
  },
  startPings(intervalMs) {
    setInterval(pingAll, intervalMs);
  },
  async send(burst) {
    if (burst.intervalMs > 0) await paced(burst.events, burst.intervalMs, () => sendAll(burst));
    else {
      for (let i = 0; i < burst.events; i++) {
        sendAll(burst);
        await turn();
      }
    }
  },
});
