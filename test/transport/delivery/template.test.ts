import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { resultTail, type SharedResult } from '../../../src/subscribe/delivery/result-layout.js';
import type { ByteStream } from '../../../src/transport/delivery/byte-stream.js';
import { SendBuffer } from '../../../src/transport/delivery/send-buffer.js';
import { WriteCoalescer } from '../../../src/transport/delivery/write-coalescer.js';
import { Envelope } from '../../../src/transport/websocket/envelope.js';
import { textHeader } from '../../../src/transport/websocket/frames.js';
import { TemplateCache } from '../../../src/transport/websocket/template-cache.js';

/**
 * Copies accepted bytes before it returns, as the operating system does. Bytes that it keeps are read later,
 * from the same buffer.
 */
class CopyingStream implements ByteStream {
  readonly #accepted: string[] = [];
  readonly #kept: Buffer[] = [];
  accepts = true;

  get writableLength(): number {
    return this.#kept.reduce((sum, { length }) => sum + length, 0);
  }

  write(bytes: Buffer): void {
    if (this.accepts) this.#accepted.push(bytes.toString('latin1'));
    else this.#kept.push(bytes);
  }

  /** The bytes of each write. */
  get writes(): readonly string[] {
    return [...this.#accepted, ...this.#kept.map((bytes) => bytes.toString('latin1'))];
  }
}

const LISTENER = { bufferFull: () => undefined, bufferDrained: () => undefined };

const batchOf = (...lengths: readonly number[]): readonly SharedResult[] =>
  lengths.map((length, i) => ({ head: Buffer.alloc(length, String(i)), cursor: '' }));

/** The frames by RFC 6455, each made by itself. */
const framesOf = (id: string, tag: string, batch: readonly SharedResult[]): string =>
  batch
    .map(({ head }) => {
      const text = `{"id":${JSON.stringify(id)},"type":"next","payload":${head}${resultTail(tag)}}`;
      return textHeader(text.length).toString('latin1') + text;
    })
    .join('');

function node() {
  const [coalescer, templates] = [new WriteCoalescer(), new TemplateCache()];
  return {
    client(id: string, tag: string, highWaterMark = 1 << 20) {
      const [stream, envelope] = [new CopyingStream(), new Envelope(id, 'next')];
      envelope.setTag(tag);
      const buffer = new SendBuffer(stream, coalescer, highWaterMark, LISTENER);
      const offer = (batch: readonly SharedResult[]): boolean =>
        buffer.offerTemplate(templates.get(batch, envelope), envelope.values);
      return { stream, buffer, envelope, id, tag, offer };
    },
  };
}

describe('a template of a batch', () => {
  it("C1 C3 is one write for each client, with the client's own id and tag in every frame", async () => {
    const { client } = node();
    const some = [
      client('a1', '.one'),
      client('b2', '.one'),
      client('c3', '.two'),
      client('a "longer" id', '.two'),
      client('d4', '.a longer tag'),
      client('e5', '.one'),
    ];
    const batches = [batchOf(10, 200, 70_000), batchOf(30)];
    for (const batch of batches) for (const { offer } of some) expect(offer(batch)).toBe(true);
    await tick();
    for (const { stream, id, tag } of some) {
      expect(stream.writes).toEqual([batches.map((batch) => framesOf(id, tag, batch)).join('')]);
    }
  });

  it('C3 keeps the pending bytes of a client that does not read unchanged by later clients', async () => {
    const { client } = node();
    const some = [client('a1', '.one'), client('b2', '.one'), client('c3', '.two'), client('d4', '.two')];
    for (const { stream } of some.slice(1, 3)) stream.accepts = false;
    const batch = batchOf(10, 20);
    for (const { offer } of some) offer(batch);
    await tick();
    for (const { stream, id, tag } of some) expect(stream.writes).toEqual([framesOf(id, tag, batch)]);
  });

  it('C3 keeps its place among the other frames of the tick', async () => {
    const { client } = node();
    const one = client('a1', '.one');
    const batches = [batchOf(1), batchOf(2), batchOf(3)];
    one.offer(batches[0] ?? []);
    one.buffer.push([Buffer.from('between')]);
    one.offer(batches[1] ?? []);
    one.envelope.setTag('.two');
    one.offer(batches[2] ?? []);
    await tick();
    const [first, second, third] = batches.map((batch, i) => framesOf('a1', i < 2 ? '.one' : '.two', batch));
    expect(one.stream.writes).toEqual([`${first}between${second}${third}`]);
  });

  it('C3 is one write together with that of another operation on the same connection', async () => {
    const { client } = node();
    const one = client('a1', '.one');
    const other = new Envelope('b2', 'next');
    other.setTag('.two');
    const batch = batchOf(5, 6);
    one.offer(batch);
    one.buffer.offerTemplate(new TemplateCache().get(batch, other), other.values);
    await tick();
    expect(one.stream.writes).toEqual([framesOf('a1', '.one', batch) + framesOf('b2', '.two', batch)]);
  });

  it('D8 C4 is refused as a whole when it would exceed the high-water mark', async () => {
    const { client } = node();
    const one = client('a1', '.one', 300);
    expect(one.offer(batchOf(300))).toBe(false);
    expect(one.offer(batchOf(10))).toBe(true);
    one.stream.accepts = false;
    expect(one.offer(batchOf(300))).toBe(false);
    await tick();
    expect(one.stream.writes).toEqual([framesOf('a1', '.one', batchOf(10))]);
    one.buffer.close();
    expect(one.offer(batchOf(10))).toBe(true);
    await tick();
    expect(one.stream.writes).toHaveLength(1);
  });
});
