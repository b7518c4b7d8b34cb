import type { ByteStream } from './byte-stream.js';
import { Press, printed, type Stamp, type Template } from './template.js';

/** Flushes everything that was written to in this turn of the event loop, once, at its end. */
export class TurnEnd {
  readonly #waiting = new Set<Outbox>();
  readonly press = new Press();

  add(outbox: Outbox): void {
    if (this.#waiting.size === 0) setImmediate(() => this.#flush());
    this.#waiting.add(outbox);
  }

  #flush(): void {
    const outboxes = [...this.#waiting];
    this.#waiting.clear();
    for (const outbox of outboxes) outbox.flush();
    this.press.clear();
  }
}

/** Who is told when a client is slow. */
export interface OutboxHost {
  /** More than the high-water mark waits. */
  full(): void;
  /** Less than half of it waits again. */
  drained(): void;
}

/**
 * What is due to one client. Frames of one turn become one write (C3): a system call costs more than all
 * else that is done for a frame. The bound is the high-water mark and one frame, the one that crosses it:
 * what `offer` brings after that is not taken, however many subscriptions bring something (C4, D8).
 */
export class Outbox {
  readonly #stream: ByteStream;
  readonly #turn: TurnEnd;
  readonly #highWaterMark: number;
  readonly #host: OutboxHost;
  #chunks: Buffer[] = [];
  /** Instead of chunks, while there is nothing but templates with one stamp. */
  #templates: Template[] = [];
  #stamp: Stamp | undefined;
  #bytes = 0;
  #full = false;
  #closed = false;

  constructor(stream: ByteStream, turn: TurnEnd, highWaterMark: number, host: OutboxHost) {
    this.#stream = stream;
    this.#turn = turn;
    this.#highWaterMark = highWaterMark;
    this.#host = host;
  }

  /** Bytes that wait, here and in the stream. */
  get waiting(): number {
    return this.#bytes + this.#stream.writableLength;
  }

  /** From when more than the high-water mark waits, until it is less than half of it. */
  get full(): boolean {
    return this.#full;
  }

  /** Takes a frame, unless it is full. Hot path (bench: fan-out). @returns `false` when it was not taken */
  offer(...chunks: Buffer[]): boolean {
    if (this.#full) return false;
    this.#add(chunks);
    return true;
  }

  /** Takes all frames of a template, or none. Hot path (bench: fanout). @returns `false` when none was taken */
  offerAll(template: Template, stamp: Stamp): boolean {
    if (this.#closed) return true;
    const { length } = template.bytes;
    if (this.#full || this.waiting + length > this.#highWaterMark) return false;
    if (this.#bytes === 0) this.#turn.add(this);
    this.#bytes += length;
    if (this.#chunks.length === 0 && (this.#stamp === undefined || this.#stamp === stamp)) {
      this.#stamp = stamp;
      this.#templates.push(template);
    } else {
      this.#print();
      this.#chunks.push(printed(template, stamp));
    }
    return true;
  }

  /** Takes what cannot be brought again, such as the end of an operation. @returns `false` when it is full now */
  push(...chunks: Buffer[]): boolean {
    this.#add(chunks);
    return !this.#full;
  }

  flush(): void {
    if (this.#closed || this.#bytes === 0) return;
    const [stamp, templates, chunks, length] = [this.#stamp, this.#templates, this.#chunks, this.#bytes];
    this.#forget();
    if (stamp !== undefined) this.#turn.press.write(this.#stream, templates, stamp, () => this.written());
    else this.#stream.write(Buffer.concat(chunks, length), () => this.written());
  }

  /** Nothing is written from here on; what waits is dropped. */
  close(): void {
    this.#closed = true;
    this.#full = false;
    this.#forget();
  }

  /** The stream has written something, of this outbox's or of somebody else's. */
  written(): void {
    if (this.#closed || !this.#full || this.waiting > this.#highWaterMark / 2) return;
    this.#full = false;
    this.#host.drained();
  }

  /** What comes next is no template, or another's: what waits becomes chunks, in its order. */
  #print(): void {
    if (this.#stamp === undefined) return;
    for (const template of this.#templates) this.#chunks.push(printed(template, this.#stamp));
    this.#templates = [];
    this.#stamp = undefined;
  }

  #forget(): void {
    this.#chunks = [];
    this.#templates = [];
    this.#stamp = undefined;
    this.#bytes = 0;
  }

  #add(chunks: Buffer[]): void {
    if (this.#closed) return;
    if (this.#bytes === 0) this.#turn.add(this);
    this.#print();
    if (this.#chunks.length === 0) this.#chunks = chunks;
    else this.#chunks.push(...chunks);
    for (const { length } of chunks) this.#bytes += length;
    if (this.#full || this.waiting <= this.#highWaterMark) return;
    // What comes in one turn is not what waits for a client: only the system knows what it does not take.
    this.flush();
    if (this.waiting <= this.#highWaterMark) return;
    this.#full = true;
    this.#host.full();
  }
}
