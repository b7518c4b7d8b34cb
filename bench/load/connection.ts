import { connect, type Socket } from 'node:net';
import { now } from '../clock.js';
import { CLOSE, clientFrame, FrameReader, handshake, PING, PONG, TEXT } from './wire.js';

/** Receives the text frames of a connection. `bytes` is reused after the call. */
interface FrameListener {
  /** @param at the time of the read that completed the frame */
  text(bytes: Buffer, start: number, end: number, at: number): void;
  /** The connection has ended without `close`. */
  lost(why: string): void;
}

/** All sockets read into the same buffer, since nothing is kept beyond the callback. */
const READ_BYTES = 256 * 1024;

/** One WebSocket, on a bare socket. */
export class Connection {
  readonly #socket: Socket;
  readonly #listener: FrameListener;
  readonly #reader: FrameReader;
  /** The server's answer to the handshake so far; `undefined` once it is complete. */
  #answer: string | undefined = '';
  #open: (() => void) | undefined;
  #acknowledged: (() => void) | undefined;
  #closing = false;
  #readAt = 0;

  private constructor(url: URL, shared: Buffer, listener: FrameListener) {
    this.#listener = listener;
    this.#reader = new FrameReader((opcode, bytes, start, end) => this.#frame(opcode, bytes, start, end));
    this.#socket = connect({
      host: url.hostname,
      port: Number(url.port),
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (length) => {
          this.#read(shared.subarray(0, length));
          return true;
        },
      },
    });
    this.#socket.on('connect', () => this.#socket.write(handshake(url)));
    this.#socket.on('error', (error) => this.#lost(error.message));
    this.#socket.on('close', () => this.#lost('closed by the server'));
  }

  static buffer(): Buffer {
    return Buffer.allocUnsafeSlow(READ_BYTES);
  }

  /** Resolves once the server has acknowledged the connection. */
  static async open(url: URL, shared: Buffer, listener: FrameListener): Promise<Connection> {
    let fail: (error: Error) => void = () => undefined;
    const broken = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const self = new Connection(url, shared, {
      text: (bytes, start, end, at) => listener.text(bytes, start, end, at),
      lost: (why) => {
        fail(new Error(`A connection to ${url.host} failed: ${why}`));
        listener.lost(why);
      },
    });
    const opened = new Promise<void>((resolve) => {
      self.#open = resolve;
    });
    const acknowledged = new Promise<void>((resolve) => {
      self.#acknowledged = resolve;
    });
    await Promise.race([opened, broken]);
    self.send({ type: 'connection_init' });
    await Promise.race([acknowledged, broken]);
    return self;
  }

  /** Bytes that the server has not taken yet. */
  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  send(message: unknown): void {
    this.#socket.write(clientFrame(TEXT, Buffer.from(JSON.stringify(message))));
  }

  close(): Promise<void> {
    this.#closing = true;
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.end(clientFrame(CLOSE, Buffer.from([3, 232])));
    });
  }

  /** Ends without a word to the server, as a network does that fails. */
  drop(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#readAt = now();
    if (this.#answer === undefined) {
      this.#reader.push(chunk);
      return;
    }
    this.#answer += chunk.toString('latin1');
    const end = this.#answer.indexOf('\r\n\r\n');
    if (end < 0) return;
    const rest = Buffer.from(this.#answer.slice(end + 4), 'latin1');
    if (!this.#answer.startsWith('HTTP/1.1 101 ')) {
      this.#lost(this.#answer.split('\r\n', 1)[0] ?? 'no answer');
      this.#socket.destroy();
      return;
    }
    this.#answer = undefined;
    this.#open?.();
    if (rest.length > 0) this.#reader.push(rest);
  }

  #frame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === TEXT) {
      if (this.#acknowledged !== undefined) {
        this.#acknowledged();
        this.#acknowledged = undefined;
      }
      this.#listener.text(bytes, start, end, this.#readAt);
    } else if (opcode === PING) {
      this.#socket.write(clientFrame(PONG, Buffer.from(bytes.subarray(start, end))));
    } else if (opcode === CLOSE) {
      if (!this.#closing) this.#lost(`closed with ${bytes.readUInt16BE(start)}`);
      this.#socket.end();
    }
  }

  #lost(why: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#listener.lost(why);
  }
}
