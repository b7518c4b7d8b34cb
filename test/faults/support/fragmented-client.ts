import { once } from 'node:events';
import WebSocket from 'ws';
import { z } from 'zod';
import type { Accepted } from '../../support/appended.js';
import { SAY } from './world.js';

const Message = z.object({ id: z.string().optional(), type: z.string(), payload: z.unknown().optional() });
const Said = z.object({
  data: z.object({ say: z.object({ eventId: z.string(), partition: z.number(), offset: z.string() }) }),
});

/** A client that sends each message as many masked frames, with a ping between any two of them. */
export class FragmentedClient implements AsyncDisposable {
  pings = 0;
  pongs = 0;
  readonly #socket: WebSocket;
  readonly #messages: z.infer<typeof Message>[] = [];
  #onMessage = (): void => undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('pong', () => {
      this.pongs += 1;
    });
    socket.on('message', (data) => {
      this.#messages.push(Message.parse(JSON.parse(String(data))));
      this.#onMessage();
    });
    socket.on('close', (code) => {
      this.#messages.push({ type: `closed with ${code}` });
      this.#onMessage();
    });
  }

  static async open(url: string): Promise<FragmentedClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const client = new FragmentedClient(socket);
    await once(socket, 'open');
    client.#send({ type: 'connection_init' });
    await client.#next('connection_ack');
    return client;
  }

  /** Runs one mutation. @returns the position of its event */
  async say(room: string, text: string): Promise<Accepted> {
    const { eventId, offset, partition } = Said.parse(
      await this.run('say', { query: SAY, variables: { room, text } }),
    ).data.say;
    return { id: eventId, partition, offset: Number(offset) };
  }

  /** Runs an operation with one result, under this id. */
  async run(id: string, payload: unknown): Promise<unknown> {
    this.#send({ id, type: 'subscribe', payload });
    const { payload: result } = await this.#next('next', id);
    await this.#next('complete', id);
    return result;
  }

  #send(message: unknown): void {
    const bytes = Buffer.from(JSON.stringify(message));
    const size = Math.ceil(bytes.length / 20);
    for (let at = 0; at < bytes.length; at += size) {
      if (at > 0) this.#ping();
      this.#socket.send(bytes.subarray(at, at + size), { binary: false, fin: at + size >= bytes.length });
    }
  }

  #ping(): void {
    this.pings += 1;
    this.#socket.ping(`no. ${this.pings}`);
  }

  /** @throws {Error} when the next message is another one */
  async #next(type: string, id?: string): Promise<z.infer<typeof Message>> {
    while (this.#messages.length === 0) {
      await new Promise<void>((resolve) => {
        this.#onMessage = resolve;
      });
    }
    const message = this.#messages.shift();
    if (message?.type !== type || message.id !== id) {
      throw new Error(`expected ${type} of ${id}, received ${JSON.stringify(message).slice(0, 300)}`);
    }
    return message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.terminate();
  }
}
