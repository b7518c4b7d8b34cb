/** The part of a socket or response that an outbox needs. */
export interface ByteStream {
  write(bytes: Buffer, done: () => void): unknown;
  /** Bytes that the stream holds and the system has not taken. */
  readonly writableLength: number;
}

/** Flushes everything that was written to in this turn of the event loop, once, at its end. */
export class TurnEnd {
  readonly #waiting = new Set<Outbox>();

  add(outbox: Outbox): void {
    if (this.#waiting.size === 0) setImmediate(() => this.#flush());
    this.#waiting.add(outbox);
  }

  #flush(): void {
    const outboxes = [...this.#waiting];
    this.#waiting.clear();
    for (const outbox of outboxes) outbox.flush();
  }
}

/**
 * What is due to one client. Frames of one turn become one write (C3): a system call costs more than all
 * else that is done for a frame. The bound is the high-water mark, and what happens there is that `push`
 * says so (C4, D8): each subscription stops after the frame that crossed it.
 */
export class Outbox {
  readonly #stream: ByteStream;
  readonly #turn: TurnEnd;
  readonly #highWaterMark: number;
  readonly #drained: () => void;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #full = false;
  #closed = false;

  /** @param drained called when less than half of the high-water mark waits, after `push` said `false` */
  constructor(stream: ByteStream, turn: TurnEnd, highWaterMark: number, drained: () => void) {
    this.#stream = stream;
    this.#turn = turn;
    this.#highWaterMark = highWaterMark;
    this.#drained = drained;
  }

  /** Bytes that wait, here and in the stream. */
  get waiting(): number {
    return this.#bytes + this.#stream.writableLength;
  }

  /** Hot path (bench: fan-out). @returns `false` when more than the high-water mark waits */
  push(...chunks: readonly Buffer[]): boolean {
    if (this.#closed) return true;
    if (this.#bytes === 0) this.#turn.add(this);
    for (const chunk of chunks) {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
    }
    if (this.waiting <= this.#highWaterMark) return true;
    this.#full = true;
    return false;
  }

  flush(): void {
    if (this.#closed || this.#bytes === 0) return;
    const bytes = Buffer.concat(this.#chunks, this.#bytes);
    this.#chunks = [];
    this.#bytes = 0;
    this.#stream.write(bytes, () => this.#written());
  }

  /** Nothing is written from here on; what waits is dropped. */
  close(): void {
    this.#closed = true;
    this.#chunks = [];
    this.#bytes = 0;
  }

  #written(): void {
    if (this.#closed || !this.#full || this.waiting > this.#highWaterMark / 2) return;
    this.#full = false;
    this.#drained();
  }
}
