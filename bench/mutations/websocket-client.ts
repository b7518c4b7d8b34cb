import { once } from 'node:events';
import WebSocket from 'ws';
import type { MutationClient } from './api.js';

interface ServerMessage {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

interface PendingMutation {
  answer: string;
  resolve(answer: string): void;
  reject(error: Error): void;
}

/** One graphql-transport-ws connection for all mutations. */
export class WebSocketMutationClient implements MutationClient {
  readonly #socket: WebSocket;
  readonly #pending = new Map<string, PendingMutation>();
  #next = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#receive(JSON.parse(String(data)) as ServerMessage)); // The form of the protocol.
    socket.on('close', (code) => {
      for (const { reject } of this.#pending.values()) reject(new Error(`The server closed with ${code}`));
    });
  }

  static async connect(url: string): Promise<WebSocketMutationClient> {
    const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
    await once(socket, 'open');
    const acknowledged = once(socket, 'message');
    socket.send('{"type":"connection_init"}');
    await acknowledged;
    return new WebSocketMutationClient(socket);
  }

  mutate(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const id = String(this.#next++);
      this.#pending.set(id, { answer: '', resolve, reject });
      this.#socket.send(`{"id":"${id}","type":"subscribe","payload":${body}}`);
    });
  }

  close(): void {
    this.#socket.close();
  }

  #receive({ id, type, payload }: ServerMessage): void {
    if (type === 'ping') this.#socket.send('{"type":"pong"}');
    const pending = this.#pending.get(id ?? '');
    if (pending === undefined || id === undefined) return;
    if (type === 'next') pending.answer = JSON.stringify(payload);
    else if (type === 'complete' || type === 'error') {
      this.#pending.delete(id);
      if (type === 'complete') pending.resolve(pending.answer);
      else pending.reject(new Error(JSON.stringify(payload)));
    }
  }
}
