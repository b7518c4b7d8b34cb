import { once } from 'node:events';
import WebSocket from 'ws';
import { z } from 'zod';

const Frame = z.object({
  type: z.string(),
  payload: z.object({
    extensions: z.object({ event: z.object({ partition: z.number(), offset: z.string() }) }),
  }),
});

/** A subscriber over WebSocket that reads nothing from its subscription on, until it is told to. Its system answers. */
export class StuckSocket implements AsyncDisposable {
  /** `partition/offset` of what it was given, in order. */
  readonly received: string[] = [];
  /** Why it is no longer connected. */
  closed: string | undefined;
  readonly #socket: WebSocket;
  readonly #alive: NodeJS.Timeout;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    // The answer to pings that it has not read: a program that hangs within a system that does not.
    this.#alive = setInterval(() => socket.pong(), 3_000);
    socket.on('close', (code) => {
      this.closed = `closed with ${code}`;
    });
    socket.on('message', (data) => {
      const { event } = Frame.parse(JSON.parse(String(data))).payload.extensions;
      this.received.push(`${event.partition}/${event.offset}`);
    });
  }

  static async open(url: string, query: string): Promise<StuckSocket> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send('{"type":"connection_init"}');
    await once(socket, 'message');
    socket.pause();
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
    return new StuckSocket(socket);
  }

  /** Reads on. */
  read(): void {
    this.#socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#alive);
    this.#socket.terminate();
  }
}
