import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** `up`: from client to service. `down`: from service to client. */
export type Direction = 'up' | 'down';

/** Splits the bytes of one direction of a connection into frames, so that frames are judged and not chunks. */
export interface Splitter {
  /** @returns the frames that this chunk completes */
  push(chunk: Buffer): readonly Buffer[];
}

/**
 * What happens to a frame. `drop`: it is swallowed. `silence`: it is swallowed, and so is everything after it on this
 * connection, which stays open. `cut`: the connection is reset. `instead`: these bytes replace the frame.
 */
export type Verdict = 'pass' | 'drop' | 'silence' | 'cut' | { readonly instead: Buffer };

export interface FramePath {
  readonly direction: Direction;
  /** The number of the connection, from 0, in the order of their opening. */
  readonly connection: number;
}

/** Decides about a frame. While it is pending, later frames in the same direction of the connection wait. */
export type Judge = (frame: Buffer, path: FramePath) => Verdict | Promise<Verdict>;

export interface ProxyOptions {
  /** `host:port`, or a URL with both. */
  readonly target: string;
  /** The port to listen on; a free one when left out. */
  readonly port?: number;
  /** Without it, each chunk that is read is a frame. */
  readonly frames?: () => Splitter;
}

/** Reading pauses beyond this many bytes in one direction: a proxy must not hide backpressure. */
const MAX_QUEUED_BYTES = 1 << 20;

/**
 * A TCP proxy that a test controls. It forwards by default. Its settings can be changed at any time, and apply to
 * existing and new connections.
 */
export class TcpProxy implements AsyncDisposable {
  /** The target of new connections, `host:port`. */
  target: string;
  /** The delay of bytes that are read from now on, in milliseconds. */
  delay: (path: FramePath) => number = () => 0;
  /** The largest piece that is written at once, in bytes; 0 for whole frames. */
  slice = 0;
  judge: Judge = () => 'pass';
  readonly #server: Server;
  readonly #frames: () => Splitter;
  readonly #links = new Set<Link>();
  readonly #held = new Map<Direction, { readonly over: Promise<void>; release(): void }>();
  #opened = 0;
  #arrival: 'pass' | 'silence' | 'refuse' = 'pass';

  private constructor({ target, frames }: ProxyOptions) {
    this.target = hostAndPort(target);
    this.#frames = frames ?? (() => ({ push: (chunk) => [chunk] }));
    this.#server = createServer({ noDelay: true }, (near) => this.#accept(near));
  }

  static async open(options: ProxyOptions): Promise<TcpProxy> {
    const proxy = new TcpProxy(options);
    proxy.#server.listen(options.port ?? 0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    // A listening TCP server has an address of this shape.
    return (this.#server.address() as AddressInfo).port;
  }

  /** `host:port` of the proxy itself. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#links.size;
  }

  /** How many connections were ever opened. */
  get opened(): number {
    return this.#opened;
  }

  /** Resets every open connection. New ones pass. */
  cut(): void {
    for (const link of this.#links) link.reset();
  }

  /** Resets every connection, and each new one as soon as it is opened, until `pass`. */
  refuse(): void {
    this.#arrival = 'refuse';
    this.cut();
  }

  /**
   * Swallows everything and closes nothing, on new connections too, until `pass`. Connections from before `pass` stay
   * silent afterwards, as if a router had forgotten them.
   */
  blackHole(): void {
    this.#arrival = 'silence';
    for (const link of this.#links) link.silent = true;
  }

  /** New connections pass again. */
  pass(): void {
    this.#arrival = 'pass';
  }

  /** Holds back everything in this direction until `release`, and then delivers it, as TCP retransmission would. */
  hold(direction: Direction): void {
    if (this.#held.has(direction)) return;
    let release = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#held.set(direction, { over, release });
  }

  release(direction: Direction): void {
    this.#held.get(direction)?.release();
    this.#held.delete(direction);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse();
    for (const direction of ['up', 'down'] as const) this.release(direction);
    this.#server.close();
  }

  #accept(near: Socket): void {
    const number = this.#opened++;
    if (this.#arrival === 'refuse') {
      near.resetAndDestroy();
      return;
    }
    const [host = '', port = ''] = this.target.split(/:(?=\d+$)/);
    const link = new Link(near, connect({ host, port: Number(port), noDelay: true }));
    link.silent = this.#arrival === 'silence';
    this.#links.add(link);
    const ended = Promise.all([this.#forward(link, 'up', number), this.#forward(link, 'down', number)]);
    void ended.finally(() => this.#links.delete(link));
  }

  /** Carries one direction to its end. Bytes that are queued when the sender closes still arrive. */
  async #forward(link: Link, direction: Direction, connection: number): Promise<void> {
    const [from, to] = direction === 'up' ? [link.near, link.far] : [link.far, link.near];
    const splitter = this.#frames();
    const waiting: { readonly frame: Buffer; readonly due: number }[] = [];
    let bytes = 0;
    let over = false;
    let wake = (): void => undefined;
    from.on('data', (chunk: Buffer) => {
      const due = performance.now() + this.delay({ direction, connection });
      for (const frame of splitter.push(chunk)) {
        waiting.push({ frame, due });
        bytes += frame.length;
      }
      if (bytes > MAX_QUEUED_BYTES) from.pause();
      wake();
    });
    from.on('close', () => {
      over = true;
      wake();
    });
    for (;;) {
      const next = waiting.shift();
      if (next === undefined) {
        if (over) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const early = next.due - performance.now();
      if (early > 0) await pause(early);
      await this.#held.get(direction)?.over;
      if (!link.silent) {
        const verdict = await this.judge(next.frame, { direction, connection });
        await this.#apply(verdict, next.frame, link, to);
      }
      bytes -= next.frame.length;
      if (bytes <= MAX_QUEUED_BYTES) from.resume();
    }
    if (!link.silent) to.end();
  }

  async #apply(verdict: Verdict, frame: Buffer, link: Link, to: Socket): Promise<void> {
    if (verdict === 'pass') await this.#write(to, frame);
    else if (verdict === 'silence') link.silent = true;
    else if (verdict === 'cut') link.reset();
    else if (verdict !== 'drop') await this.#write(to, verdict.instead);
  }

  async #write(to: Socket, bytes: Buffer): Promise<void> {
    const size = this.slice || bytes.length;
    for (let at = 0; at < bytes.length && !to.destroyed; at += size) {
      // The callback is also called when the socket is destroyed meanwhile.
      await new Promise<void>((resolve) => to.write(bytes.subarray(at, at + size), () => resolve()));
    }
  }
}

/** The two sockets of one proxied connection. */
class Link {
  silent = false;
  readonly near: Socket;
  readonly far: Socket;

  constructor(near: Socket, far: Socket) {
    this.near = near;
    this.far = far;
    for (const socket of [near, far]) socket.on('error', () => undefined); // `close` follows and is handled.
  }

  reset(): void {
    for (const socket of [this.near, this.far]) socket.resetAndDestroy();
  }
}

function hostAndPort(target: string): string {
  return target.includes('://') ? new URL(target).host : target;
}
