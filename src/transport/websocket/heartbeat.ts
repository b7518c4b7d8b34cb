import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { SendBuffer } from '../delivery/send-buffer.js';
import { WriteProgress } from '../delivery/write-progress.js';

/**
 * Finds out whether a client is still there: it is terminated when it has shown no sign of life between two
 * beats. A sign of life is any message, a pong, or bytes that the client read.
 */
export class Heartbeat {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #buffer: SendBuffer;
  readonly #progress: WriteProgress;
  #alive = true;
  /** Whether bytes were pending at the last beat. */
  #hadBacklog = false;

  constructor(socket: WebSocket, stream: Duplex, buffer: SendBuffer) {
    this.#socket = socket;
    this.#stream = stream;
    this.#buffer = buffer;
    this.#progress = new WriteProgress(stream);
    socket.on('pong', () => this.signOfLife());
  }

  signOfLife(): void {
    this.#alive = true;
  }

  /** @param ping asks for a sign of life; left out: a ping frame, which browsers answer themselves */
  beat(ping?: () => void): void {
    // A ping would queue behind the backlog of a slow client, for which the monitor of slow clients decides.
    // A socket that is closing is terminated by `ws`.
    if (this.#buffer.isFull || this.#socket.readyState !== this.#socket.OPEN) return;
    const advanced = this.#progress.advanced();
    // Reading the backlog counts, because a pong can arrive only after it.
    if (!this.#alive && !(this.#hadBacklog && advanced)) {
      this.#socket.terminate();
      return;
    }
    this.#alive = false;
    this.#hadBacklog = this.#stream.writableLength > 0;
    if (ping === undefined) this.#socket.ping('', false, () => this.#buffer.onWritten());
    else ping();
  }
}
