import { once } from 'node:events';
import WebSocket from 'ws';
import type { Asker } from './askers.js';

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

interface Waiting {
  answer: string;
  resolve(answer: string): void;
  reject(error: Error): void;
}

/** One connection of graphql-transport-ws for everything. */
export class SocketAsker implements Asker {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, Waiting>();
  #next = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#heard(JSON.parse(String(data)) as Message)); // The protocol's own form.
    socket.on('close', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`The server closed with ${code}`));
    });
  }

  static async connect(url: string): Promise<SocketAsker> {
    const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
    await once(socket, 'open');
    const acknowledged = once(socket, 'message');
    socket.send('{"type":"connection_init"}');
    await acknowledged;
    return new SocketAsker(socket);
  }

  ask(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const id = String(this.#next++);
      this.#waiting.set(id, { answer: '', resolve, reject });
      this.#socket.send(`{"id":"${id}","type":"subscribe","payload":${body}}`);
    });
  }

  close(): void {
    this.#socket.close();
  }

  #heard({ id, type, payload }: Message): void {
    if (type === 'ping') this.#socket.send('{"type":"pong"}');
    const waiting = this.#waiting.get(id ?? '');
    if (waiting === undefined || id === undefined) return;
    if (type === 'next') waiting.answer = JSON.stringify(payload);
    else if (type === 'complete' || type === 'error') {
      this.#waiting.delete(id);
      if (type === 'complete') waiting.resolve(waiting.answer);
      else waiting.reject(new Error(JSON.stringify(payload)));
    }
  }
}
