import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PartitionPosition } from '../../../src/core/cursor.js';
import { offset, type Partition, partition } from '../../../src/core/ids.js';
import { partitionOfKey } from '../../../src/core/partitioner.js';
import {
  type StartPosition,
  startAfter,
  startAt,
  startInAddedPartitions,
} from '../../../src/subscribe/start/start-positions.js';

const HOUR = 3_600_000;

interface Placed {
  readonly key: string;
  readonly partition: Partition;
  readonly offset: number;
  readonly time: number;
}

/** A topic that grows every hour: events of some keys, each where its key belonged at that hour. */
function history(counts: readonly number[], keys: readonly string[]): Placed[] {
  const ends = new Map<Partition, number>();
  return counts.flatMap((count, era) =>
    keys.map((key, i) => {
      const at = partitionOfKey(key, count);
      const here = ends.get(at) ?? 0;
      ends.set(at, here + 1);
      // Not in the first minutes of its era: clocks differ, and nodes look once a second.
      return { key, partition: at, offset: here, time: era * HOUR + 20 * 60_000 + i };
    }),
  );
}

function shows(start: StartPosition | undefined, event: Placed): boolean {
  switch (start?.from) {
    case 'position':
      return event.offset > start.position.offset;
    case 'time':
      return event.time >= start.timestamp;
    default:
      return false;
  }
}

const growing = fc
  .array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 })
  .map((steps) => steps.map((_, i) => steps.slice(0, i + 1).reduce((sum, step) => sum + step, 0)));
const keysOf = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });

const placementOf = (key: string | undefined) =>
  key === undefined ? undefined : (count: number) => partitionOfKey(key, count);

describe('where a subscription begins', () => {
  it('D4 a cursor of any age resumes with exactly what follows it, however often its topic grew since', () => {
    fc.assert(
      fc.property(growing, keysOf, fc.nat(), fc.nat(), fc.boolean(), (counts, keys, era, who, keyed) => {
        const all = history(counts, keys);
        const then = era % counts.length;
        const count = counts[then] ?? 1;
        const key = keyed ? keys[who % keys.length] : undefined;
        const last = all.filter(({ time }) => time < (then + 1) * HOUR).at(-1)?.time ?? 0;
        const positions = new Map<Partition, PartitionPosition>();
        const numbers =
          key === undefined
            ? Array.from({ length: count }, (_, i) => partition(i))
            : [partitionOfKey(key, count)];
        for (const number of numbers) {
          const seen = all.filter((event) => event.partition === number && event.time <= last);
          positions.set(number, { offset: offset(seen.length - 1), fingerprint: 0 });
        }
        const cursor = { positions, topicFingerprint: 0, partitions: count, asOf: last };
        const starts = startAfter(cursor, placementOf(key), counts.at(-1) ?? 1);
        const wanted = all.filter((event) => key === undefined || event.key === key);
        const shown = wanted.filter((event) => shows(starts.get(event.partition), event));
        expect(shown).toEqual(wanted.filter(({ time }) => time > last));
      }),
      { numRuns: 500 },
    );
  });

  it('D2 a running subscription follows added partitions from their beginning', () => {
    const starts = startInAddedPartitions({ partitions: 2, asOf: 0 }, undefined, 4);
    expect([...starts.keys()]).toEqual([2, 3]);
    expect([...starts.values()]).toEqual(
      Array(2).fill({ from: 'position', position: { offset: -1, fingerprint: 0 } }),
    );
    expect(startInAddedPartitions({ partitions: 4, asOf: 0 }, undefined, 4).size).toBe(0);
  });

  it('C2 a subscription with a key follows the partition of the key only', () => {
    const starts = startAt({ from: 'now' }, placementOf('k'), 100);
    expect([...starts]).toEqual([[partitionOfKey('k', 100), { from: 'now' }]]);
    expect(startAt({ from: 'now' }, undefined, 3).size).toBe(3);
  });
});
