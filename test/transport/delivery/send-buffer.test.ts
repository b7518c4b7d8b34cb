import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ByteStream } from '../../../src/transport/delivery/byte-stream.js';
import { SendBuffer } from '../../../src/transport/delivery/send-buffer.js';
import { WriteCoalescer } from '../../../src/transport/delivery/write-coalescer.js';

/** A stream for an operating system that accepts writes when the test says so. */
class FakeStream implements ByteStream {
  readonly writes: number[] = [];
  readonly #pending: { readonly bytes: number; readonly done: () => void }[] = [];
  acceptsAll = false;

  get writableLength(): number {
    return this.#pending.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  write(bytes: Buffer, done: () => void): void {
    this.writes.push(bytes.length);
    if (this.acceptsAll) setImmediate(done);
    else this.#pending.push({ bytes: bytes.length, done });
  }

  /** The operating system accepts the oldest write. */
  accept(): void {
    this.#pending.shift()?.done();
  }
}

function bufferWith(highWaterMark: number) {
  const stream = new FakeStream();
  const calls: string[] = [];
  const listener = {
    bufferFull: () => void calls.push('full'),
    bufferDrained: () => void calls.push('drained'),
  };
  return { stream, calls, buffer: new SendBuffer(stream, new WriteCoalescer(), highWaterMark, listener) };
}

const frame = (bytes = 40) => Buffer.alloc(bytes);

describe('SendBuffer', () => {
  it('C3 writes all frames of one tick at once', async () => {
    const { stream, buffer } = bufferWith(1_000);
    for (let i = 0; i < 5; i++) buffer.offer([frame(), frame()]);
    await tick();
    expect(stream.writes).toEqual([400]);
  });

  it('D8 C4 holds at most the high-water mark and one frame, however many subscriptions share it', async () => {
    const { stream, calls, buffer } = bufferWith(100);
    const taken = Array.from({ length: 200 }, () => buffer.offer([frame()]));
    expect(taken.filter(Boolean)).toHaveLength(3);
    expect(buffer.pendingBytes).toBe(120);
    expect(calls).toEqual(['full']);
    await tick();
    expect(buffer.offer([frame()])).toBe(false);
    // It is drained when no more than half is pending.
    stream.accept();
    expect(calls).toEqual(['full', 'drained']);
    expect(buffer.offer([frame()])).toBe(true);
  });

  it('D8 is not filled by a burst that the operating system accepts at once', async () => {
    const { stream, calls, buffer } = bufferWith(100);
    stream.acceptsAll = true;
    for (let i = 0; i < 50; i++) expect(buffer.offer([frame()])).toBe(true);
    await tick();
    expect(calls).toEqual([]);
    expect(stream.writes.reduce((sum, bytes) => sum + bytes, 0)).toBe(2_000);
  });

  it('D8 notices that it has drained when the last write to the stream was not its own', async () => {
    const { stream, calls, buffer } = bufferWith(100);
    for (let i = 0; i < 3; i++) buffer.offer([frame()]);
    stream.write(frame(60), () => buffer.onWritten());
    stream.accept();
    expect(calls).toEqual(['full']);
    stream.accept();
    expect(calls).toEqual(['full', 'drained']);
  });

  it('takes a pushed frame even when it is full, and reports that it is full', () => {
    const { calls, buffer } = bufferWith(100);
    expect(buffer.push([frame(80)])).toBe(true);
    expect(buffer.push([frame(80)])).toBe(false);
    expect(buffer.push([frame(80)])).toBe(false);
    expect(buffer.pendingBytes).toBe(240);
    expect(calls).toEqual(['full']);
  });
});
