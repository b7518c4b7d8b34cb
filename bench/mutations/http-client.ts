import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { MutationClient } from './api.js';

const HEAD_END = '\r\n\r\n';

/**
 * Keep-alive HTTP/1.1 connections, one for each request in flight. It uses bare sockets, because a complete client would cost
 * about as much CPU as the measured server.
 */
export class HttpMutationClient implements MutationClient {
  readonly #url: URL;
  readonly #idle: HttpConnection[];

  private constructor(url: URL, open: readonly HttpConnection[]) {
    this.#url = url;
    this.#idle = [...open];
  }

  static async connect(url: string, connections: number): Promise<HttpMutationClient> {
    const to = new URL(url);
    const open = Array.from({ length: connections }, async () => {
      const socket = connect({ host: to.hostname, port: Number(to.port), noDelay: true });
      await once(socket, 'connect');
      return new HttpConnection(socket);
    });
    return new HttpMutationClient(to, await Promise.all(open));
  }

  async mutate(body: string): Promise<string> {
    const connection = this.#idle.pop();
    if (connection === undefined) throw new Error('There are more requests in flight than connections');
    const { host, pathname } = this.#url;
    const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\naccept: application/json\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
    const answer = await connection.send(`${head}${HEAD_END}${body}`);
    this.#idle.push(connection);
    return answer;
  }

  close(): void {
    for (const connection of this.#idle) connection.close();
  }
}

/** A connection that carries one request at a time. */
class HttpConnection {
  readonly #socket: Socket;
  #text = '';
  #pending: { resolve(answer: string): void; reject(error: Error): void } | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.#text += chunk;
      const answer = this.#completeBody();
      if (answer === undefined) return;
      this.#text = '';
      this.#pending?.resolve(answer);
    });
    socket.on('error', (error) => this.#pending?.reject(error));
    socket.on('close', () => this.#pending?.reject(new Error('The server closed the connection')));
  }

  send(request: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#pending = undefined;
    this.#socket.destroy();
  }

  /** The body, once it is complete. */
  #completeBody(): string | undefined {
    const head = this.#text.indexOf(HEAD_END);
    if (head < 0) return undefined;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#text.slice(0, head))?.[1];
    if (length === undefined) throw new Error(`An answer of unknown length: ${this.#text}`);
    const body = this.#text.slice(head + HEAD_END.length);
    return body.length < Number(length) ? undefined : body;
  }
}
