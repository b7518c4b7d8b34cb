import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ByteStream } from '../../../src/transport/delivery/byte-stream.js';
import { Outbox, TurnEnd } from '../../../src/transport/delivery/outbox.js';

/** A stream whose system takes what it is told to. */
class FakeStream implements ByteStream {
  readonly writes: number[] = [];
  readonly #waiting: { readonly bytes: number; readonly done: () => void }[] = [];
  takesAll = false;

  get writableLength(): number {
    return this.#waiting.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  write(bytes: Buffer, done: () => void): void {
    this.writes.push(bytes.length);
    if (this.takesAll) setImmediate(done);
    else this.#waiting.push({ bytes: bytes.length, done });
  }

  /** The system takes the oldest write. */
  take(): void {
    this.#waiting.shift()?.done();
  }
}

function opened(highWaterMark: number) {
  const stream = new FakeStream();
  const said: string[] = [];
  const host = { full: () => void said.push('full'), drained: () => void said.push('drained') };
  return { stream, said, outbox: new Outbox(stream, new TurnEnd(), highWaterMark, host) };
}

const frame = (bytes = 40) => Buffer.alloc(bytes);

describe('what waits for one client', () => {
  it('C3 what comes in one turn is one write', async () => {
    const { stream, outbox } = opened(1_000);
    for (let i = 0; i < 5; i++) outbox.offer(frame(), frame());
    await turn();
    expect(stream.writes).toEqual([400]);
  });

  it('D8 C4 is at most the high-water mark and one frame, however many bring something', async () => {
    const { stream, said, outbox } = opened(100);
    const taken = Array.from({ length: 200 }, () => outbox.offer(frame()));
    expect(taken.filter(Boolean)).toHaveLength(3);
    expect(outbox.waiting).toBe(120);
    expect(said).toEqual(['full']);
    await turn();
    expect(outbox.offer(frame())).toBe(false);
    // Less than half has to wait before more is taken.
    stream.take();
    expect(said).toEqual(['full', 'drained']);
    expect(outbox.offer(frame())).toBe(true);
  });

  it('D8 a burst that the system takes at once fills nothing', async () => {
    const { stream, said, outbox } = opened(100);
    stream.takesAll = true;
    for (let i = 0; i < 50; i++) expect(outbox.offer(frame())).toBe(true);
    await turn();
    expect(said).toEqual([]);
    expect(stream.writes.reduce((sum, bytes) => sum + bytes, 0)).toBe(2_000);
  });

  it('D8 drains also when others write to the stream after the last frame', async () => {
    const { stream, said, outbox } = opened(100);
    for (let i = 0; i < 3; i++) outbox.offer(frame());
    stream.write(frame(60), () => outbox.written());
    stream.take();
    expect(said).toEqual(['full']);
    stream.take();
    expect(said).toEqual(['full', 'drained']);
  });

  it('what cannot be brought again is taken all the same, and says when it is full', () => {
    const { said, outbox } = opened(100);
    expect(outbox.push(frame(80))).toBe(true);
    expect(outbox.push(frame(80))).toBe(false);
    expect(outbox.push(frame(80))).toBe(false);
    expect(outbox.waiting).toBe(240);
    expect(said).toEqual(['full']);
  });
});
