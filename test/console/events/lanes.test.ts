import { record as arbitraryRecord, array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lanes } from '../../../src/console/events/lanes.js';
import { parseVector, vectorText } from '../../../src/console/events/position-vector.js';
import { offset, type Partition, partition, topicId } from '../../../src/core/ids.js';
import type { LogRecord } from '../../../src/core/record.js';

const record = (at: number, timestamp: number): LogRecord => ({
  ...{ offset: offset(at), timestamp, key: null, headers: {}, value: null },
});
const everything = (): boolean => true;

/** Reads lanes to their ends, some records at a time. @returns partition and offset of each record */
function merged(partitions: readonly (readonly number[])[], size: number): readonly (readonly number[])[] {
  const start = new Map(partitions.map((_, index) => [partition(index), offset(0)]));
  const lanes = new Lanes(undefined, start);
  lanes.grow(
    partitions.map((times) => offset(times.length)),
    everything,
  );
  const taken: number[][] = [];
  for (;;) {
    for (const lane of lanes.hungry) {
      const times = partitions[lane.partition] ?? [];
      const records = times.slice(lane.next, lane.next + size).map((time, i) => record(lane.next + i, time));
      lanes.fed(lane, { records, next: offset(lane.next + records.length), skippedTo: undefined });
    }
    const first = lanes.first();
    if (first === undefined) return taken;
    taken.push([first.lane.partition, first.record.offset]);
    lanes.take(first.lane);
  }
}

describe('the partitions of a topic', () => {
  it('are merged by time, whatever is read at once', () => {
    const partitions = [
      [10, 40],
      [20, 30],
    ];
    const expected = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ];
    expect(merged(partitions, 1)).toEqual(expected);
    expect(merged(partitions, 100)).toEqual(expected);
  });

  it('D3: give every record once and in the order of offsets, also where times go back', () => {
    const times = array(integer({ min: 0, max: 5 }), { maxLength: 12 });
    const given = arbitraryRecord({
      partitions: array(times, { minLength: 1, maxLength: 4 }),
      size: integer({ min: 1, max: 5 }),
    });
    assert(
      property(given, ({ partitions, size }) => {
        const taken = merged(partitions, size);
        for (const [index, all] of partitions.entries())
          expect(taken.filter(([one]) => one === index).map(([, at]) => at)).toEqual(all.map((_, at) => at));
      }),
    );
  });

  it('wait for a partition that has more to read, whose next record may be earlier', () => {
    const lanes = new Lanes(undefined, new Map([0, 1].map((one) => [partition(one), offset(0)])));
    lanes.grow([offset(1), offset(1)], everything);
    const [one, other] = lanes.hungry;
    if (one === undefined || other === undefined) throw new Error('nothing to read');
    lanes.fed(one, { records: [record(0, 20)], next: offset(1), skippedTo: undefined });
    expect(lanes.first()).toBeUndefined();
    lanes.fed(other, { records: [record(0, 10)], next: offset(1), skippedTo: undefined });
    expect(lanes.first()?.lane).toBe(other);
  });

  it('move past offsets that have no record, and past those that retention has deleted', () => {
    const lanes = new Lanes(undefined, new Map([[partition(0), offset(3)]]));
    lanes.grow([offset(20)], everything);
    const [lane] = lanes.hungry;
    if (lane === undefined) throw new Error('nothing to read');
    lanes.fed(lane, { records: [], next: offset(8), skippedTo: offset(5) });
    expect(lane.next).toBe(8);
    lanes.fed(lane, { records: [record(9, 1)], next: offset(20), skippedTo: undefined });
    lanes.take(lane);
    expect(lane.next).toBe(20);
    expect(lanes.hungry).toEqual([]);
  });

  it('begin at their first records where they are new', () => {
    const lanes = new Lanes(undefined, new Map([[partition(0), offset(3)]]));
    const ends = [offset(4), offset(4)];
    lanes.grow(ends, (one) => one === 0);
    expect([...lanes.next]).toEqual([[0, 3]]);
    lanes.grow(ends, everything);
    expect([...lanes.next]).toEqual([
      [0, 3],
      [1, 0],
    ]);
  });
});

describe('a position', () => {
  it('D4: is read as it was written', () => {
    const next = new Map<Partition, ReturnType<typeof offset>>([
      [partition(0), offset(17)],
      [partition(11), offset(Number.MAX_SAFE_INTEGER)],
    ]);
    const text = vectorText({ topicId: topicId('aZ-_09'), next });
    expect(text).toMatch(/^[\w.~-]+$/);
    expect(parseVector(text)).toEqual({ topicId: 'aZ-_09', next });
    expect(parseVector('-~0.1')).toEqual({ topicId: undefined, next: new Map([[0, 1]]) });
  });

  it.each(['', 'a~0', 'a~0.1~0.2', 'a~-1.2', 'a~0.99999999999999999', '<a>~0.1', `a${'~1.2'.repeat(3_000)}`])(
    'S4: is refused if a client has made it up: %s',
    (text) => {
      expect(() => parseVector(text)).toThrow('not a position');
    },
  );
});
