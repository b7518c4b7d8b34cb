import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Asker } from './askers.js';

const HEAD_END = '\r\n\r\n';

/**
 * As many HTTP/1.1 connections as requests that are under way, kept alive. Written on bare sockets, because a
 * whole client would cost the machine about as much as the server that is measured.
 */
export class HttpAsker implements Asker {
  readonly #url: URL;
  readonly #free: Line[];

  private constructor(url: URL, lines: readonly Line[]) {
    this.#url = url;
    this.#free = [...lines];
  }

  static async connect(url: string, connections: number): Promise<HttpAsker> {
    const to = new URL(url);
    const lines = Array.from({ length: connections }, async () => {
      const socket = connect({ host: to.hostname, port: Number(to.port), noDelay: true });
      await once(socket, 'connect');
      return new Line(socket);
    });
    return new HttpAsker(to, await Promise.all(lines));
  }

  async ask(body: string): Promise<string> {
    const line = this.#free.pop();
    if (line === undefined) throw new Error('More are under way than there are connections');
    const { host, pathname } = this.#url;
    const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\naccept: application/json\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
    const answer = await line.ask(`${head}${HEAD_END}${body}`);
    this.#free.push(line);
    return answer;
  }

  close(): void {
    for (const line of this.#free) line.close();
  }
}

/** One connection, one request at a time. */
class Line {
  readonly #socket: Socket;
  #text = '';
  #waiting: { resolve(answer: string): void; reject(error: Error): void } | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.#text += chunk;
      const answer = this.#whole();
      if (answer === undefined) return;
      this.#text = '';
      this.#waiting?.resolve(answer);
    });
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('The server ended the connection')));
  }

  ask(request: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  /** The body, once all of it is there. */
  #whole(): string | undefined {
    const head = this.#text.indexOf(HEAD_END);
    if (head < 0) return undefined;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#text.slice(0, head))?.[1];
    if (length === undefined) throw new Error(`An answer of unknown length: ${this.#text}`);
    const body = this.#text.slice(head + HEAD_END.length);
    return body.length < Number(length) ? undefined : body;
  }
}
