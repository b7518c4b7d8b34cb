import type { ServerResponse } from 'node:http';
import type { ByteStream } from './byte-stream.js';
import { SendBuffer, type SendBufferListener } from './send-buffer.js';
import type { SlowClient, SlowClientMonitor } from './slow-client-monitor.js';
import type { WriteCoalescer } from './write-coalescer.js';
import { WriteProgress } from './write-progress.js';

/** What all streamed responses of a node share. */
export interface ResponseStreamParts {
  readonly coalescer: WriteCoalescer;
  readonly slowClients: SlowClientMonitor;
  /** Bytes that may be pending before results are refused. */
  readonly highWaterMark: number;
}

/** What a streamed response consists of besides its results. */
export interface StreamShape {
  readonly headers: Readonly<Record<string, string>>;
  /** What the response begins with; left out: nothing. */
  readonly opening?: Buffer;
  /** Sent when a stream is quiet, so that neither proxies nor the client take it for dead. Clients ignore it. */
  readonly heartbeat: Buffer;
}

/** Whose results a response carries. */
export interface ResponseUser {
  /** What was refused since the buffer was full can be replayed now (D8). */
  onDrained(): void;
  /** The client is gone, or the response has ended. */
  onClose(): void;
}

/**
 * The sending side of a streamed HTTP response.
 *
 * A client that does not read (D8): the buffer refuses results above the high-water mark, and the monitor of
 * slow clients watches the response. When the client reads, its operations replay what was refused. When it does
 * not for the time-out, its connection is destroyed.
 */
export class ResponseWriter implements SendBufferListener, SlowClient {
  readonly buffer: SendBuffer;
  readonly #response: ServerResponse;
  readonly #heartbeat: Buffer;
  readonly #user: ResponseUser;
  readonly #slowClients: SlowClientMonitor;
  readonly #progress: WriteProgress;

  /** Sends the response's head at once, so that the client knows that it is connected. */
  constructor(response: ServerResponse, shape: StreamShape, parts: ResponseStreamParts, user: ResponseUser) {
    this.#response = response;
    this.#heartbeat = shape.heartbeat;
    this.#user = user;
    this.buffer = new SendBuffer(byteStreamOf(response), parts.coalescer, parts.highWaterMark, this);
    this.#slowClients = parts.slowClients;
    this.#progress = new WriteProgress(response.req.socket);
    // `close` is emitted at the end of every response, also of one that ended by itself.
    response.once('close', () => {
      this.#slowClients.unwatch(this);
      this.#abandon();
    });
    response.on('error', () => this.#abandon());
    response.writeHead(200, shape.headers);
    response.flushHeaders();
    if (shape.opening !== undefined) this.buffer.push([shape.opening]);
  }

  keepAlive(): void {
    // While bytes are pending, the connection is not idle.
    if (this.buffer.pendingBytes === 0) this.buffer.push([this.#heartbeat]);
  }

  /** Sends the last bytes, and ends the response. */
  end(chunks: Buffer[]): void {
    if (chunks.length > 0) this.buffer.push(chunks);
    this.buffer.flush();
    this.buffer.close();
    this.#response.end();
    // The client may never read the rest, and the response holds it until then.
    if (this.#response.writableLength > 0) this.#slowClients.watch(this);
  }

  get pendingBytes(): number {
    return this.buffer.pendingBytes;
  }

  bufferFull(): void {
    this.#slowClients.watch(this);
  }

  bufferDrained(): void {
    this.#slowClients.unwatch(this);
    this.#user.onDrained();
  }

  madeProgress(): boolean {
    return this.#progress.advanced();
  }

  /** Without a reason, which would queue behind the bytes that the client does not read. It resumes from its last position. */
  disconnect(): void {
    this.terminate();
  }

  terminate(): void {
    this.#response.req.socket.destroy();
  }

  /** The client is gone. */
  #abandon(): void {
    this.#user.onClose();
    this.buffer.close();
  }
}

/**
 * Node keeps what is written to a response until the end of the tick, unless the socket is corked already: Node 22 in the socket,
 * newer ones in the response, where `socket.uncork` does not reach it. The buffer has joined the tick's writes, and has to know
 * what the operating system accepts of them.
 */
function byteStreamOf(response: ServerResponse): ByteStream {
  return {
    write: (bytes, done) => {
      const { socket } = response;
      socket?.cork();
      response.write(bytes, done);
      socket?.uncork();
    },
    get writableLength() {
      return response.writableLength;
    },
  };
}
