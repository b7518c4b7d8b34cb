import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Kafka, logLevel } from 'kafkajs';
import { type WebSocket, WebSocketServer } from 'ws';
import { serve } from '../call.js';

// The least that brings events from Kafka to subscribers: a consumer that writes one frame to each of them. It has no
// filter, cursor, replay or limit.

export interface KafkajsWsApi {
  /** @returns the URL, once its consumer runs */
  listen(options: { readonly brokers: string; readonly topic: string }): Promise<string>;
}

interface SaidData {
  readonly n: number;
  readonly at: number;
  readonly text: string;
}

serve<KafkajsWsApi>('kafkajsWs', {
  async listen({ brokers, topic }) {
    /** The operation of each socket. */
    const subscribers = new Map<WebSocket, string>();
    const server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      handleProtocols: () => 'graphql-transport-ws',
    });
    server.on('connection', (socket) => {
      socket.on('message', (text) => {
        const { type, id } = JSON.parse(String(text)) as { type: string; id: string }; // The benchmark's own client.
        if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
        if (type === 'subscribe') subscribers.set(socket, id);
      });
      socket.on('close', () => subscribers.delete(socket));
    });
    await once(server, 'listening');
    const consumer = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).consumer({
      groupId: `kafkajs-ws-${randomUUID()}`,
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: false });
    await consumer.run({
      eachMessage: async ({ message }) => {
        const { n, at, text } = JSON.parse(String(message.value)) as SaidData; // The benchmark's own events.
        const payload = JSON.stringify({ data: { saidIn: { n, at, text } } });
        for (const [socket, id] of subscribers)
          socket.send(`{"id":"${id}","type":"next","payload":${payload}}`);
      },
    });
    const { port } = server.address() as { port: number }; // A TCP server's address.
    return `http://127.0.0.1:${port}`;
  },
});
