import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { offset, partition, topicId } from '../../src/core/ids.js';
import { PARTITIONERS, partitionOfKey } from '../../src/core/partitioner.js';
import {
  decodeLayout,
  emptyLayout,
  encodeLayout,
  isMisplaced,
  merged,
  resized,
  type TopicLayout,
  withChecked,
  withMisplaced,
} from '../../src/placement/topic-layout.js';

const ID = topicId('one');
const murmur2 = { partitioner: 'MURMUR2', partitionOfKey } as const;
const bounds = (...ends: number[]) => ends.map((end) => ({ earliest: offset(0), end: offset(end) }));

describe('the layout of a topic', () => {
  it.each(PARTITIONERS)('a record is misplaced exactly when %s puts its key elsewhere', (partitioner) => {
    const layout = emptyLayout(ID, 6);
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(5), (key, at) => {
        const isElsewhere = partitionOfKey(key, 6, partitioner) !== at;
        const placing = { partitioner, partitionOfKey };
        expect(isMisplaced(layout, placing, key, partition(at), offset(0))).toBe(isElsewhere);
      }),
    );
  });

  it('an empty key is misplaced nowhere with CRC32, whose producers put it anywhere', () => {
    const placing = { partitioner: 'CRC32', partitionOfKey } as const;
    for (const at of [0, 1, 2])
      expect(isMisplaced(emptyLayout(ID, 3), placing, '', partition(at), offset(0))).toBe(false);
  });

  it('records from before the topic grew lie where it would have put them then, and later ones do not', () => {
    const grown = resized(emptyLayout(ID, 2), ID, bounds(10, 20, 0, 0));
    expect(grown).toMatchObject({ partitions: 4, before: { sizes: [2], ends: [10, 20] } });
    fc.assert(
      fc.property(fc.string(), (key) => {
        const then = partitionOfKey(key, 2);
        const now = partitionOfKey(key, 4);
        const end = then === 0 ? 10 : 20;
        expect(isMisplaced(grown, murmur2, key, then, offset(end - 1))).toBe(false);
        expect(isMisplaced(grown, murmur2, key, then, offset(end))).toBe(then !== now);
        const other = partition(1 - then);
        expect(isMisplaced(grown, murmur2, key, other, offset(0))).toBe(other !== now);
      }),
    );
  });

  it('knows every earlier size of a topic that grew twice', () => {
    const once = resized(emptyLayout(ID, 1), ID, bounds(5, 0));
    const twice = resized(once, ID, bounds(9, 7, 0));
    expect(twice.before).toEqual({ sizes: [1, 2], ends: [9, 7] });
    expect(resized(twice, ID, bounds(99, 99, 99))).toBe(twice);
    expect(resized(twice, ID, bounds(99, 99))).toBe(twice);
  });

  it('D5 nothing that was known of a deleted topic holds for the recreated one', () => {
    const old = withMisplaced(emptyLayout(ID, 3), partition(1), offset(4));
    expect(resized(old, topicId('other'), bounds(0, 0))).toEqual(emptyLayout(topicId('other'), 2));
    expect(merged(emptyLayout(topicId('other'), 2), old)).toEqual(emptyLayout(topicId('other'), 2));
  });

  it('keeps the earliest misplaced record of each partition, whichever relay found it', () => {
    let layout = withMisplaced(emptyLayout(ID, 3), partition(1), offset(4));
    expect(withMisplaced(layout, partition(1), offset(4))).toBe(layout);
    expect(withMisplaced(layout, partition(1), offset(9))).toBe(layout);
    layout = withMisplaced(layout, partition(1), offset(2));
    const other = withMisplaced(
      withMisplaced(emptyLayout(ID, 3), partition(1), offset(3)),
      partition(2),
      offset(7),
    );
    expect([...merged(layout, other).misplaced]).toEqual([
      [1, 2],
      [2, 7],
    ]);
    expect(merged(undefined, layout)).toBe(layout);
    expect(merged(layout, emptyLayout(ID, 3))).toBe(layout);
  });

  it('is stored without loss', () => {
    const all: readonly TopicLayout[] = [
      emptyLayout(undefined, 1),
      withChecked(
        withMisplaced(resized(emptyLayout(ID, 1), ID, bounds(3, 0)), partition(1), offset(0)),
        partition(0),
        offset(-1),
      ),
    ];
    for (const layout of all) expect(decodeLayout(encodeLayout(layout))).toEqual(layout);
    expect(() => decodeLayout(Buffer.from('{}'))).toThrow();
  });
});
