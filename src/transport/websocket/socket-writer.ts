import type { WebSocket } from 'ws';
import type { SendBuffer } from '../delivery/send-buffer.js';
import type { Compression } from './compression.js';
import { textHeader } from './frames.js';
import type { TemplateCache } from './template-cache.js';

/**
 * The sending side of one WebSocket. Text frames are made here and written to the socket under `ws`, which
 * writes only control frames. The two may share the socket because each writes whole frames within a tick.
 */
export class SocketWriter {
  readonly buffer: SendBuffer;
  /** `undefined` when the client did not negotiate it. */
  readonly compression: Compression | undefined;
  readonly templates: TemplateCache;
  readonly #socket: WebSocket;

  constructor(
    socket: WebSocket,
    buffer: SendBuffer,
    templates: TemplateCache,
    compression: Compression | undefined,
  ) {
    this.#socket = socket;
    this.buffer = buffer;
    this.templates = templates;
    this.compression = socket.extensions.includes('permessage-deflate') ? compression : undefined;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Sends one whole message that is not a subscription's result. */
  send(message: string): void {
    if (!this.isOpen) return;
    const bytes = Buffer.from(message);
    // Unlike subscriptions, these answers cannot be held back. So a client that does not read them is not
    // read either: it can make the node hold only the answers to what it has already sent (S4).
    if (!this.buffer.push([textHeader(bytes.length), bytes])) this.#socket.pause();
  }

  /** The client has caught up: its messages are read again. */
  resumeReading(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  /** Writes what is pending, and nothing after it: a close frame follows. */
  end(): void {
    this.buffer.flush();
    this.buffer.close();
    // While it is paused, `ws` would not see the client's close frame.
    this.resumeReading();
  }
}
