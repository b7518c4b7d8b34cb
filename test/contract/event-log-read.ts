import { expect, it } from 'vitest';
import { offset, partition, type Topic } from '../../src/core/ids.js';
import { type EventLog, OffsetOutOfRange } from '../../src/ports/event-log.js';
import { newTopic, numbered, readBatches, readRecords, soon, text } from './event-log-tools.js';

const P0 = partition(0);

export function readContract(log: () => EventLog): void {
  async function filled(count: number): Promise<Topic> {
    const topic = await newTopic(log(), 'read', 1);
    await log().append(numbered(topic, count), soon());
    return topic;
  }

  it('returns the bounds of each partition', async () => {
    const topic = await newTopic(log(), 'bounds', 3);
    const empty = { earliest: offset(0), end: offset(0) };
    expect(await log().bounds(topic, soon())).toEqual([empty, empty, empty]);
    const positions = await log().append(numbered(topic, 20), soon());
    const ends = [0, 1, 2].map((p) => positions.filter((at) => at.partition === p).length);
    expect((await log().bounds(topic, soon())).map(({ end }) => end)).toEqual(ends);
  });

  it('reads from an offset to the end, or to `until`', async () => {
    const topic = await filled(10);
    const all = await readRecords(log(), { topic, partition: P0 }, 4);
    expect(all.map(text)).toEqual(['4', '5', '6', '7', '8', '9']);
    expect(all.map((one) => one.offset)).toEqual([4, 5, 6, 7, 8, 9]);

    const batches = await readBatches(log(), { topic, partition: P0 }, 2, 5);
    const values = batches.flatMap(({ records }) => records.map(text));
    // A batch may hold records past the range.
    expect(values.slice(0, 3)).toEqual(['2', '3', '4']);
    expect(batches.at(-1)?.last).toBeGreaterThanOrEqual(4);
    for (const batch of batches) expect(batch).toMatchObject({ topic, partition: 0, end: 10 });
  });

  it('reads nothing from an empty range', async () => {
    const topic = await filled(3);
    expect(await readRecords(log(), { topic, partition: P0 }, 3)).toEqual([]);
    const within = await readBatches(log(), { topic, partition: P0 }, 1, 1);
    expect(within.every(({ last }) => last >= 0)).toBe(true);
    const empty = await newTopic(log(), 'empty', 1);
    expect(await readRecords(log(), { topic: empty, partition: P0 })).toEqual([]);
  });

  it('D5: throws OffsetOutOfRange when a range begins outside of the bounds', async () => {
    const topic = await filled(3);
    for (const from of [-1, 4]) {
      const failure = await readRecords(log(), { topic, partition: P0 }, from).catch(
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(OffsetOutOfRange);
      expect(failure).toMatchObject({
        at: { topic, partition: 0, offset: from },
        bounds: { earliest: 0, end: 3 },
      });
    }
  });

  it('D3: reads several batches in order, without gaps between them', async () => {
    const topic = await newTopic(log(), 'many', 1);
    const filler = 'x'.repeat(2_000);
    // 3 MB, more than one fetch of any log, in appends below any log's limit for one request.
    for (let call = 0; call < 6; call++) {
      const records = numbered(topic, 250).map((one) => ({ ...one, value: Buffer.from(filler) }));
      await log().append(records, soon());
    }
    const batches = await readBatches(log(), { topic, partition: P0 }, 0);
    expect(batches.length).toBeGreaterThan(1);
    let next = 0;
    for (const { records, last } of batches) {
      for (const one of records) expect(one.offset).toBe(next++);
      expect(last).toBe(next - 1);
    }
    expect(next).toBe(1500);
  });

  it('does not read records that are appended after the call', async () => {
    const topic = await filled(5);
    const reading = log().read({ topic, partition: P0, from: offset(0) }, soon());
    let last = -1;
    for await (const batch of reading) {
      if (last === -1) await log().append(numbered(topic, 5), soon());
      last = batch.last;
    }
    expect(last).toBeGreaterThanOrEqual(4);
  });

  it('stops reading when its signal is aborted, or the reader stops iterating', async () => {
    const topic = await filled(5);
    await expect(async () => {
      for await (const _ of log().read({ topic, partition: P0, from: offset(0) }, AbortSignal.abort())) {
        throw new Error('was given a batch');
      }
    }).rejects.toSatisfy((error) => !String(error).includes('was given'));
    for await (const { records } of log().read({ topic, partition: P0, from: offset(0) }, soon())) {
      expect(records.length).toBeGreaterThan(0);
      break;
    }
  });

  it('returns the offset of the first record at or after a time', async () => {
    const topic = await filled(3);
    const stamps = (await readRecords(log(), { topic, partition: P0 })).map(({ timestamp }) => timestamp);
    for (const stamp of stamps) {
      const at = await log().offsetAt(topic, P0, stamp, soon());
      expect(at).toBe(stamps.findIndex((one) => one >= stamp));
    }
    expect(await log().offsetAt(topic, P0, 0, soon())).toBe(0);
    expect(await log().offsetAt(topic, P0, Date.now() + 86_400_000, soon())).toBe(3);
    const empty = await newTopic(log(), 'no-time', 1);
    expect(await log().offsetAt(empty, P0, 0, soon())).toBe(0);
  });
}
