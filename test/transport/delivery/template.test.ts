import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { resultTail, type SharedResult } from '../../../src/subscribe/delivery/result-layout.js';
import type { ByteStream } from '../../../src/transport/delivery/byte-stream.js';
import { Outbox, TurnEnd } from '../../../src/transport/delivery/outbox.js';
import { Envelope } from '../../../src/transport/websocket/envelope.js';
import { textHeader } from '../../../src/transport/websocket/frames.js';
import { Templates } from '../../../src/transport/websocket/templates.js';

/** Copies what it takes before it returns, as the system does, and what it keeps when it is read. */
class CopyingStream implements ByteStream {
  readonly #taken: string[] = [];
  readonly #kept: Buffer[] = [];
  takes = true;

  get writableLength(): number {
    return this.#kept.reduce((sum, { length }) => sum + length, 0);
  }

  write(bytes: Buffer): void {
    if (this.takes) this.#taken.push(bytes.toString('latin1'));
    else this.#kept.push(bytes);
  }

  /** What came, write by write. */
  get writes(): readonly string[] {
    return [...this.#taken, ...this.#kept.map((bytes) => bytes.toString('latin1'))];
  }
}

const HOST = { full: () => undefined, drained: () => undefined };

const batchOf = (...lengths: readonly number[]): readonly SharedResult[] =>
  lengths.map((length, i) => ({ head: Buffer.alloc(length, String(i)), cursor: '' }));

/** The frames as they are by RFC 6455, each for itself. */
const framesOf = (id: string, tag: string, batch: readonly SharedResult[]): string =>
  batch
    .map(({ head }) => {
      const text = `{"id":${JSON.stringify(id)},"type":"next","payload":${head}${resultTail(tag)}}`;
      return textHeader(text.length).toString('latin1') + text;
    })
    .join('');

function opened() {
  const [end, templates] = [new TurnEnd(), new Templates()];
  return {
    client(id: string, tag: string, highWaterMark = 1 << 20) {
      const [stream, envelope] = [new CopyingStream(), new Envelope(id)];
      envelope.seal(tag);
      const outbox = new Outbox(stream, end, highWaterMark, HOST);
      const offer = (batch: readonly SharedResult[]): boolean =>
        outbox.offerAll(templates.of(batch, envelope), envelope.stamp);
      return { stream, outbox, envelope, id, tag, offer };
    },
  };
}

describe('a batch for many clients', () => {
  it('C1 C3 is one write for each, with its own id and tag in every frame', async () => {
    const { client } = opened();
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
    await turn();
    for (const { stream, id, tag } of some) {
      expect(stream.writes).toEqual([batches.map((batch) => framesOf(id, tag, batch)).join('')]);
    }
  });

  it('C3 what a client that does not read is still due stays its own', async () => {
    const { client } = opened();
    const some = [client('a1', '.one'), client('b2', '.one'), client('c3', '.two'), client('d4', '.two')];
    for (const { stream } of some.slice(1, 3)) stream.takes = false;
    const batch = batchOf(10, 20);
    for (const { offer } of some) offer(batch);
    await turn();
    for (const { stream, id, tag } of some) expect(stream.writes).toEqual([framesOf(id, tag, batch)]);
  });

  it('C3 keeps its place among other frames of the turn', async () => {
    const { client } = opened();
    const one = client('a1', '.one');
    const batches = [batchOf(1), batchOf(2), batchOf(3)];
    one.offer(batches[0] ?? []);
    one.outbox.push(Buffer.from('between'));
    one.offer(batches[1] ?? []);
    one.envelope.seal('.two');
    one.offer(batches[2] ?? []);
    await turn();
    const [first, second, third] = batches.map((batch, i) => framesOf('a1', i < 2 ? '.one' : '.two', batch));
    expect(one.stream.writes).toEqual([`${first}between${second}${third}`]);
  });

  it('C3 two operations of a connection are one write', async () => {
    const { client } = opened();
    const one = client('a1', '.one');
    const other = new Envelope('b2');
    other.seal('.two');
    const batch = batchOf(5, 6);
    one.offer(batch);
    one.outbox.offerAll(new Templates().of(batch, other), other.stamp);
    await turn();
    expect(one.stream.writes).toEqual([framesOf('a1', '.one', batch) + framesOf('b2', '.two', batch)]);
  });

  it('D8 C4 none of one that goes over the high-water mark is taken', async () => {
    const { client } = opened();
    const one = client('a1', '.one', 300);
    expect(one.offer(batchOf(300))).toBe(false);
    expect(one.offer(batchOf(10))).toBe(true);
    one.stream.takes = false;
    expect(one.offer(batchOf(300))).toBe(false);
    await turn();
    expect(one.stream.writes).toEqual([framesOf('a1', '.one', batchOf(10))]);
    one.outbox.close();
    expect(one.offer(batchOf(10))).toBe(true);
    await turn();
    expect(one.stream.writes).toHaveLength(1);
  });
});
