import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** `up`: from the one who connected to the service; `down`: the way back. */
export type Direction = 'up' | 'down';

/** Cuts what one direction of a connection carries into whole frames, so that frames are judged, not chunks. */
export interface Splitter {
  /** The frames that are complete with this chunk. */
  push(chunk: Buffer): readonly Buffer[];
}

/**
 * What becomes of a frame. `drop`: it alone is swallowed. `silence`: the connection carries nothing any more,
 * this frame included, and does not close. `cut`: it is reset. `instead`: other bytes in the frame's place.
 */
export type Verdict = 'pass' | 'drop' | 'silence' | 'cut' | { readonly instead: Buffer };

export interface Passing {
  readonly direction: Direction;
  /** Which connection, counted from 0 in the order in which they were made. */
  readonly connection: number;
}

/** May take its time: what follows in the same direction of the same connection waits. */
export type Judge = (frame: Buffer, passing: Passing) => Verdict | Promise<Verdict>;

export interface ProxyOptions {
  /** `host:port`, or a URL with both. */
  readonly target: string;
  /** The port to listen on; a free one when left out. */
  readonly port?: number;
  /** Without: a frame is whatever was read at once. */
  readonly frames?: () => Splitter;
}

/** How much may wait in one direction before no more is read: a proxy must not hide backpressure. */
const WAITING_BYTES = 1 << 20;

/**
 * A network between two processes that a test has in its hand. It forwards; what else it does to what passes
 * is set on it at any time, and holds for connections there are and those to come.
 */
export class TcpProxy implements AsyncDisposable {
  /** Where new connections lead to, as `host:port`. */
  target: string;
  /** How long what was read takes, in milliseconds. What is under way keeps the time it had. */
  delay: (passing: Passing) => number = () => 0;
  /** The largest piece that is written at once, in bytes; 0: whole frames. */
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

  /** How many connections there are now. */
  get connections(): number {
    return this.#links.size;
  }

  /** How many connections were ever taken. */
  get opened(): number {
    return this.#opened;
  }

  /** Resets every connection there is; new ones pass. */
  cut(): void {
    for (const link of this.#links) link.reset();
  }

  /** Resets every connection, and each new one as soon as it is made, until `pass`. */
  refuse(): void {
    this.#arrival = 'refuse';
    this.cut();
  }

  /**
   * Swallows everything and closes nothing, new connections included, until `pass`. The ones that were
   * swallowed stay silent after it, as when a router has forgotten them.
   */
  blackHole(): void {
    this.#arrival = 'silence';
    for (const link of this.#links) link.silent = true;
  }

  /** New connections pass again. */
  pass(): void {
    this.#arrival = 'pass';
  }

  /** Nothing arrives in this direction until `release`; then all of it does, as TCP sends it again. */
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
    const ended = Promise.all([this.#carry(link, 'up', number), this.#carry(link, 'down', number)]);
    void ended.finally(() => this.#links.delete(link));
  }

  /** Carries one direction to its end: what waits when the sender goes still arrives. */
  async #carry(link: Link, direction: Direction, connection: number): Promise<void> {
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
      if (bytes > WAITING_BYTES) from.pause();
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
        await this.#obey(verdict, next.frame, link, to);
      }
      bytes -= next.frame.length;
      if (bytes <= WAITING_BYTES) from.resume();
    }
    if (!link.silent) to.end();
  }

  async #obey(verdict: Verdict, frame: Buffer, link: Link, to: Socket): Promise<void> {
    if (verdict === 'pass') await this.#write(to, frame);
    else if (verdict === 'silence') link.silent = true;
    else if (verdict === 'cut') link.reset();
    else if (verdict !== 'drop') await this.#write(to, verdict.instead);
  }

  async #write(to: Socket, bytes: Buffer): Promise<void> {
    const size = this.slice || bytes.length;
    for (let at = 0; at < bytes.length && !to.destroyed; at += size) {
      // The callback also comes when the socket is destroyed meanwhile.
      await new Promise<void>((resolve) => to.write(bytes.subarray(at, at + size), () => resolve()));
    }
  }
}

/** Two sockets that are one connection. */
class Link {
  silent = false;
  readonly near: Socket;
  readonly far: Socket;

  constructor(near: Socket, far: Socket) {
    this.near = near;
    this.far = far;
    for (const socket of [near, far]) socket.on('error', () => undefined); // `close` follows, and is what counts.
  }

  reset(): void {
    for (const socket of [this.near, this.far]) socket.resetAndDestroy();
  }
}

function hostAndPort(target: string): string {
  return target.includes('://') ? new URL(target).host : target;
}
