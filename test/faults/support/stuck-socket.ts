import { once } from 'node:events';
import WebSocket from 'ws';
import { z } from 'zod';

const Frame = z.object({
  type: z.string(),
  payload: z.object({
    extensions: z.object({ event: z.object({ partition: z.number(), offset: z.string() }) }),
  }),
});

/** A WebSocket subscriber that reads nothing after its subscription until `read`, but still answers pings. */
export class StuckSocket implements AsyncDisposable {
  /** `partition/offset` of each received event, in order. */
  readonly received: string[] = [];
  /** Why it was disconnected; `undefined` while it is connected. */
  closed: string | undefined;
  readonly #socket: WebSocket;
  readonly #alive: NodeJS.Timeout;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    // Answers pings that it has not read, like a hung program on a machine that still works.
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
    socket.send('{"type":"connection_init","payload":{"eventContext":true}}');
    await once(socket, 'message');
    socket.pause();
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
    return new StuckSocket(socket);
  }

  /** Starts reading. */
  read(): void {
    this.#socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#alive);
    this.#socket.terminate();
  }
}
