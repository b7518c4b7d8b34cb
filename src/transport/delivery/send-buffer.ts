import type { ByteStream } from './byte-stream.js';
import { render, type Template, type TemplateValues } from './template.js';
import type { WriteCoalescer } from './write-coalescer.js';

/** Learns when a client becomes slow, and when it has caught up. */
export interface SendBufferListener {
  /** More than the high-water mark is pending. */
  bufferFull(): void;
  /** No more than half of the high-water mark is pending again. */
  bufferDrained(): void;
}

/**
 * The frames that are pending for one client. All frames of a tick become one write (C3), because a system
 * call costs more than everything else that is done for a frame.
 *
 * The bound is the high-water mark plus the frame that crosses it: after that `offer` refuses, however many
 * subscriptions share the buffer (C4, D8). A subscription whose result was refused replays it later, so the
 * buffer never has to grow.
 *
 * Frames are kept in one of two forms, never both: as templates, while all of them are templates with the same
 * values, and otherwise as rendered chunks. Templates need no copy for each client.
 */
export class SendBuffer {
  readonly #stream: ByteStream;
  readonly #coalescer: WriteCoalescer;
  readonly #highWaterMark: number;
  readonly #listener: SendBufferListener;
  #chunks: Buffer[] = [];
  #templates: Template[] = [];
  /** Of `#templates`; `undefined` when there are none. */
  #values: TemplateValues | undefined;
  #bytes = 0;
  #full = false;
  #closed = false;

  constructor(
    stream: ByteStream,
    coalescer: WriteCoalescer,
    highWaterMark: number,
    listener: SendBufferListener,
  ) {
    this.#stream = stream;
    this.#coalescer = coalescer;
    this.#highWaterMark = highWaterMark;
    this.#listener = listener;
  }

  /** Bytes that are pending, here and in the stream. */
  get pendingBytes(): number {
    return this.#bytes + this.#stream.writableLength;
  }

  /** From the time that more than the high-water mark is pending until no more than half of it is. */
  get isFull(): boolean {
    return this.#full;
  }

  /**
   * Takes one frame, unless the buffer is full. Hot path (bench: fanout).
   * @param chunks the frame in pieces; the array belongs to the buffer from here on
   * @returns `false` when the frame was refused
   */
  offer(chunks: Buffer[]): boolean {
    if (this.#full) return false;
    this.#add(chunks);
    return true;
  }

  /**
   * Takes all frames of a template, or none of them. Hot path (bench: fanout).
   * @returns `false` when the template was refused, because the buffer is full or would become so
   */
  offerTemplate(template: Template, values: TemplateValues): boolean {
    if (this.#closed) return true;
    const { length } = template.bytes;
    if (this.#full || this.pendingBytes + length > this.#highWaterMark) return false;
    if (this.#bytes === 0) this.#coalescer.schedule(this);
    this.#bytes += length;
    if (this.#chunks.length === 0 && (this.#values === undefined || this.#values === values)) {
      this.#values = values;
      this.#templates.push(template);
    } else {
      this.#renderTemplates();
      this.#chunks.push(render(template, values));
    }
    return true;
  }

  /**
   * Takes a frame even when the buffer is full: one that nobody sends again, such as the end of an operation.
   * @param chunks as for `offer`
   * @returns `false` when the buffer is full now
   */
  push(chunks: Buffer[]): boolean {
    this.#add(chunks);
    return !this.#full;
  }

  /** Writes everything to the stream, now instead of at the end of the tick. */
  flush(): void {
    if (this.#closed || this.#bytes === 0) return;
    const [values, templates, chunks, length] = [this.#values, this.#templates, this.#chunks, this.#bytes];
    this.#clear();
    const done = (): void => this.onWritten();
    if (values !== undefined) this.#coalescer.templateWriter.write(this.#stream, templates, values, done);
    else this.#stream.write(Buffer.concat(chunks, length), done);
  }

  /** Drops everything that is pending here. Later frames are accepted and dropped. */
  close(): void {
    this.#closed = true;
    this.#full = false;
    this.#clear();
  }

  /** Call it when the stream has written bytes, also ones that did not come from this buffer. */
  onWritten(): void {
    if (this.#closed || !this.#full || this.pendingBytes > this.#highWaterMark / 2) return;
    this.#full = false;
    this.#listener.bufferDrained();
  }

  #add(chunks: Buffer[]): void {
    if (this.#closed) return;
    if (this.#bytes === 0) this.#coalescer.schedule(this);
    this.#renderTemplates();
    if (this.#chunks.length === 0) this.#chunks = chunks;
    else this.#chunks.push(...chunks);
    for (const { length } of chunks) this.#bytes += length;
    if (this.#full || this.pendingBytes <= this.#highWaterMark) return;
    // A burst within one tick does not make a client slow. Only after a flush is it known what the operating
    // system does not accept.
    this.flush();
    if (this.pendingBytes <= this.#highWaterMark) return;
    this.#full = true;
    this.#listener.bufferFull();
  }

  /** Turns the templates into chunks, in their order, before a frame that does not share their values. */
  #renderTemplates(): void {
    if (this.#values === undefined) return;
    for (const template of this.#templates) this.#chunks.push(render(template, this.#values));
    this.#templates = [];
    this.#values = undefined;
  }

  #clear(): void {
    this.#chunks = [];
    this.#templates = [];
    this.#values = undefined;
    this.#bytes = 0;
  }
}
