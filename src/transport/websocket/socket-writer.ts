import type { WebSocket } from 'ws';
import type { SendBuffer } from '../delivery/send-buffer.js';
import type { Compression } from './compression.js';
import { textFrame } from './frames.js';
import type { Subprotocol } from './subprotocol.js';
import type { TemplateCache } from './template-cache.js';

/** Why a socket is not read: the client does not read its answers, or as many of its messages wait for their turn as may. */
const HOLDS = { answers: 1, messages: 2 } as const;

interface SocketWriterParts {
  readonly templates: TemplateCache;
  readonly subprotocol: Subprotocol;
  readonly compression?: Compression | undefined;
}

/**
 * The sending side of one WebSocket. Text frames are made here and written to the socket under `ws`, which
 * writes only control frames. The two may share the socket because each writes whole frames within a tick.
 */
export class SocketWriter {
  readonly buffer: SendBuffer;
  /** `undefined` when the client did not negotiate it. */
  readonly compression: Compression | undefined;
  readonly templates: TemplateCache;
  readonly subprotocol: Subprotocol;
  readonly #socket: WebSocket;
  /** The socket is read while this is 0. */
  #holds = 0;

  constructor(
    socket: WebSocket,
    buffer: SendBuffer,
    { templates, subprotocol, compression }: SocketWriterParts,
  ) {
    this.#socket = socket;
    this.buffer = buffer;
    this.templates = templates;
    this.subprotocol = subprotocol;
    this.compression = socket.extensions.includes('permessage-deflate') ? compression : undefined;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Sends one whole message that is not a subscription's result. */
  send(message: string): void {
    if (!this.isOpen) return;
    // Unlike subscriptions, these answers cannot be held back. So a client that does not read them is not
    // read either: it can make the node hold only the answers to what it has already sent (S4).
    if (!this.buffer.push([textFrame(message)])) this.holdReading('answers');
  }

  /** Says why the connection is refused for good, to clients that do not read close frames. */
  refuse(reason: string): void {
    const refusal = this.subprotocol.refusal(reason);
    if (refusal !== undefined) this.send(refusal);
  }

  /** Sends what the client's watchdog expects, even to a client that is slow: it counts arrivals. */
  keepAlive(): void {
    const { keepAlive } = this.subprotocol;
    if (keepAlive === undefined || !this.isOpen) return;
    this.buffer.push([textFrame(keepAlive)]);
  }

  holdReading(why: keyof typeof HOLDS): void {
    this.#holds |= HOLDS[why];
    this.#socket.pause();
  }

  releaseReading(why: keyof typeof HOLDS): void {
    this.#holds &= ~HOLDS[why];
    if (this.#holds === 0 && this.#socket.isPaused) this.#socket.resume();
  }

  /** Writes what is pending, and nothing after it: a close frame follows. */
  end(): void {
    this.buffer.flush();
    this.buffer.close();
    // While it is paused, `ws` would not see the client's close frame.
    this.#holds = 0;
    if (this.#socket.isPaused) this.#socket.resume();
  }
}
