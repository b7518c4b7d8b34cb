import { once } from 'node:events';
import { buildSchema, type DocumentNode, execute, parse } from 'graphql';
import { type WebSocket, WebSocketServer } from 'ws';
import { serve } from '../call.js';
import { paced } from '../clock.js';

export interface NaiveApi {
  listen(options: { readonly schema: string; readonly field: string }): Promise<string>;
  /** Delivers events instead of Kafka: their data as JSON text, one every `intervalMs`. */
  send(events: { readonly data: readonly string[]; readonly intervalMs: number }): Promise<void>;
}

interface NaiveSubscriber {
  readonly socket: WebSocket;
  readonly id: string;
  readonly document: DocumentNode;
}

interface ClientMessage {
  readonly id: string;
  readonly type: string;
  readonly payload: { readonly query: string };
}

serve<NaiveApi>('naive', naive());

/** For each event and subscriber: `execute` of graphql-js, `JSON.stringify` and a write, nothing else. */
function naive(): NaiveApi {
  const subscribers: NaiveSubscriber[] = [];
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: () => 'graphql-transport-ws',
  });
  let schema = buildSchema('type Query { ok: Boolean }');
  let field = '';
  server.on('connection', (socket) => {
    socket.on('message', (text) => {
      const message = JSON.parse(String(text)) as ClientMessage; // The benchmark's own load.
      if (message.type === 'connection_init') socket.send('{"type":"connection_ack"}');
      if (message.type === 'subscribe')
        subscribers.push({ socket, id: message.id, document: parse(message.payload.query) });
    });
  });
  const deliver = (data: string): void => {
    const rootValue = { [field]: JSON.parse(data) as unknown };
    for (const { socket, id, document } of subscribers) {
      const payload = execute({ schema, document, rootValue });
      socket.send(JSON.stringify({ id, type: 'next', payload }));
    }
  };
  return {
    async listen(options) {
      if (server.address() === null) await once(server, 'listening');
      // The gateway's directives are ignored here.
      schema = buildSchema(options.schema, { assumeValidSDL: true });
      field = options.field;
      const { port } = server.address() as { port: number }; // A TCP server's address.
      return `http://127.0.0.1:${port}`;
    },
    async send({ data, intervalMs }) {
      await paced(data.length, intervalMs, (i) => deliver(data[i] ?? ''));
    },
  };
}
