import type { Place, Reached } from '../../core/cursor.js';
import { BEFORE_FIRST, type Partition, partition } from '../../core/ids.js';
import { partitionOfKey } from '../../core/partitioner.js';

/** Where a subscription begins in one partition. */
export type Start =
  | { readonly from: 'now' }
  | { readonly from: 'place'; readonly reached: Reached }
  /** With the first event of this time (milliseconds since 1970) or later. */
  | { readonly from: 'time'; readonly timestamp: number };

export type Starts = ReadonlyMap<Partition, Start>;

/** What a topic was, and when it was certainly so (milliseconds since 1970). */
export interface Then {
  readonly partitions: number;
  readonly asOf: number;
}

/**
 * How much earlier than its topic was certainly smaller a key is looked for in a partition that it moved to:
 * clocks differ, and what was seen may be old. Nothing of the key was there before, unless the topic grew
 * twice within this time.
 */
const MARGIN = 10 * 60 * 1000;

const FROM_THE_BEGINNING: Start = { from: 'place', reached: { offset: BEFORE_FIRST, fingerprint: 0 } };

/** For one who brings no cursor. `key` `undefined`: every key. */
export function startsAt(start: Start, key: string | undefined, partitions: number): Starts {
  const numbers = key === undefined ? range(0, partitions) : [partitionOfKey(key, partitions)];
  return new Map(numbers.map((number) => [number, start]));
}

/** D4: for one who goes on after a cursor: where it stands, and all of what its topic got since. */
export function startsAfter(place: Place, key: string | undefined, partitions: number): Starts {
  const starts = new Map<Partition, Start>();
  for (const [number, reached] of place.positions) starts.set(number, { from: 'place', reached });
  for (const [number, start] of startsAdded(place, key, partitions)) {
    if (!starts.has(number)) starts.set(number, start);
  }
  return starts;
}

/**
 * Where the events went that a topic of `then.partitions` does not tell of, once it has `partitions`: to
 * the added partitions, and those of a key that moved perhaps to an older one, by way of every number of
 * partitions that it may have had in between.
 */
export function startsAdded(then: Then, key: string | undefined, partitions: number): Starts {
  const numbers =
    key === undefined
      ? range(then.partitions, partitions)
      : range(then.partitions, partitions).map((count) => partitionOfKey(key, count + 1));
  return new Map(
    numbers.map((number): [Partition, Start] => [
      number,
      number >= then.partitions
        ? FROM_THE_BEGINNING
        : { from: 'time', timestamp: Math.max(0, then.asOf - MARGIN) },
    ]),
  );
}

function range(from: number, to: number): Partition[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => partition(from + i));
}
