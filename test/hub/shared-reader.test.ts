import { describe, expect, it } from 'vitest';
import type { Relayed } from '../../src/core/event.js';
import { eventId, offset, partition, type Topic, topic } from '../../src/core/ids.js';
import type { LogRecord } from '../../src/core/record.js';
import { SharedReader } from '../../src/hub/shared-reader.js';
import { Metrics } from '../../src/observe/metrics.js';
import { type EventLog, OffsetOutOfRange } from '../../src/ports/event-log.js';
import type { Fanout } from '../../src/ports/fanout.js';

const AT = { topic: topic('said'), partition: partition(0), topicId: undefined };
const END = 5_000;

interface Scenario {
  /** The window has the events after this offset. */
  readonly window?: number;
  readonly earliest?: number;
  /** Reading this offset fails. */
  readonly broken?: number;
  /** Bytes of each event. */
  readonly size?: number;
}

const recordAt = (at: number, size: number): LogRecord => ({
  offset: offset(at),
  timestamp: at,
  key: null,
  headers: { ce_specversion: '1.0', ce_id: `e${at}`, ce_source: '/', ce_type: 'Said' },
  // A slice of something larger, like data that was read from a socket.
  value: Buffer.alloc(size * 4, JSON.stringify({ text: 'x'.repeat(size - 11) })).subarray(0, size),
});

const eventAt = (at: number, size: number): Relayed => ({
  offset: offset(at),
  timestamp: at,
  event: {
    id: eventId(`e${at}`),
    source: '/',
    type: 'Said',
    subject: null,
    time: '',
    data: recordAt(at, size).value,
  },
});

/** A reader of a partition with an event at each offset, and the ranges that it asked its sources for. */
function open({ window = END, earliest = 0, broken = -1, size = 20 }: Scenario = {}) {
  const asked: string[] = [];
  const bounds = { earliest: offset(earliest), end: offset(END) };
  const log: Pick<EventLog, 'read'> = {
    read: async function* ({ from, until = bounds.end }) {
      asked.push(`log ${from}-${until - 1}`);
      if (from < earliest) throw new OffsetOutOfRange({ ...AT, offset: from }, bounds);
      for (let at = from; at < Math.min(until, END); at = offset(at + 10)) {
        if (at <= broken && broken < at + 10) throw new Error('broken');
        const records = Array.from({ length: 10 }, (_, i) => recordAt(at + i, size));
        yield { ...AT, records, last: offset(at + 9), end: bounds.end };
      }
    },
  };
  const fanout: Pick<Fanout, 'window'> = {
    window: async (_at, after, through) => {
      asked.push(`window ${after + 1}-${through}`);
      if (after < window || through >= END) return undefined;
      return Array.from({ length: through - after }, (_, i) => eventAt(after + 1 + i, size));
    },
  };
  const parts = { log, fanout, formats: new Map<Topic, never>(), metrics: new Metrics() };
  // SharedReader uses only `read` of the log and `window` of the fan-out.
  const reader = new SharedReader(
    parts as unknown as ConstructorParameters<typeof SharedReader>[0],
    new AbortController().signal,
  );
  return {
    asked,
    reader,
    read: async (after: number, limit: number): Promise<number[]> => {
      const got: number[] = [];
      for (let at = offset(after); at < limit; ) {
        const { events, through } = await reader.read(AT, at, offset(limit));
        got.push(...events.map((event) => event.offset));
        at = through;
      }
      return got;
    },
  };
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('the shared reader of a node', () => {
  it('D6 asks the window first, then the log when the window cannot prove that it has everything', async () => {
    const { asked, read } = open({ window: 3_999 });
    expect(await read(4_200, 4_300)).toEqual(numbers(4_201, 4_301));
    // A small range first, to learn the size of events.
    expect(asked).toEqual(['window 4201-4264', 'window 4265-4300']);
    asked.length = 0;
    expect(await read(4_000, 4_300)).toEqual(numbers(4_001, 4_301));
    expect(asked).toEqual(['window 3489-4200', 'window 4001-4200']);
    asked.length = 0;
    expect(await read(3_500, 4_300)).toEqual(numbers(3_501, 4_301));
    expect(asked).toEqual(['window 2989-4000', 'window 3501-4000', 'log 2989-4000']);
  });

  it('D5 reads from the earliest offset when only the beginning of a block is gone', async () => {
    const { asked, read } = open({ earliest: 2_000 });
    expect(await read(2_099, 2_200)).toEqual(numbers(2_100, 2_201));
    expect(asked.slice(1)).toEqual(['log 1588-2200', 'log 2000-2200']);
    expect(await read(1_999, 2_200)).toEqual(numbers(2_000, 2_201));
    await expect(read(1_998, 2_200)).rejects.toMatchObject({
      at: { offset: 1_999 },
      bounds: { earliest: 2_000 },
    });
  });

  it('D4 reads what follows a position even when the offsets before it cannot be read', async () => {
    const { read } = open({ broken: 1_905 });
    expect(await read(1_999, 2_200)).toEqual(numbers(2_000, 2_201));
    await expect(read(1_800, 2_200)).rejects.toThrow('broken');
    await expect(read(1_800, 2_200)).rejects.toThrow('broken');
  });

  it('S4 C4 ends a block once it has enough bytes, and keeps none of the memory that it was sliced from', async () => {
    const { asked, reader } = open({ size: 100_000 });
    const { events, through } = await reader.read(AT, offset(3_999), offset(4_999));
    expect(events[0]?.offset).toBe(4_000);
    const bytes = events.reduce((sum, { event }) => sum + (event.data?.length ?? 0), 0);
    expect(bytes).toBeLessThan(10_000_000);
    expect(through).toBe(events.at(-1)?.offset);
    expect(events[0]?.event.data?.buffer.byteLength).toBe(bytes);
    // What precedes the needed offset was too large to be read for the sake of other requests.
    expect(asked.slice(1)).toEqual(['log 3488-4511', 'log 4000-4511']);
  });

  it('fails when the log ends before an offset that is known to exist', async () => {
    const { reader } = open();
    await expect(reader.read(AT, offset(END + 20), offset(END + 30))).rejects.toThrow('ends before');
  });

  it('C1 a herd of replays costs the log one read', async () => {
    const { asked, read } = open();
    const places = numbers(4_600, 4_900);
    const got = await Promise.all(places.map((after) => read(after, 4_999)));
    for (const [i, after] of places.entries()) expect(got[i]).toEqual(numbers(after + 1, 5_000));
    expect(asked.filter((one) => one.startsWith('log'))).toEqual(['log 4089-4999']);
  });
});
