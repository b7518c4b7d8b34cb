import type { PartitionPosition, Positions, StreamPosition } from '../../core/cursor.js';
import { BEFORE_FIRST, type Offset, offset, type Partition, partition } from '../../core/ids.js';
import { type KeyPlacement, partitionsOf } from '../../core/partitioner.js';
import type { CheckedRange } from '../../hub/key-placements.js';

/** Where a subscription begins in one partition. */
export type StartPosition =
  /** With the next event. */
  | { readonly from: 'now' }
  /** With the first event after this position. */
  | { readonly from: 'position'; readonly position: PartitionPosition }
  /** With the first event of this time (milliseconds since 1970) or later. */
  | { readonly from: 'time'; readonly timestamp: number };

export type StartPositions = ReadonlyMap<Partition, StartPosition>;

/** How many partitions a topic had, and a time at which it certainly had them (milliseconds since 1970). */
interface TopicSize {
  readonly partitions: number;
  readonly asOf: number;
}

/**
 * How long before `asOf` the replay of a key begins in an older partition that the key moved to. Clocks differ
 * between nodes, and the topic's description may be stale. The key had no events there before it moved, unless
 * the topic grew twice within this margin; then the replay also shows events of its earlier stay.
 */
const CLOCK_MARGIN_MS = 10 * 60 * 1000;

/**
 * Where a subscription that follows only the partition of its key begins in the others, should it have to follow those
 * too: once a record was found that lies where its key does not belong.
 */
export interface Elsewhere {
  /** How many partitions the topic had when the subscription started. Later ones are read from their beginning. */
  readonly partitions: number;
  readonly start:
    | { readonly from: 'ends'; readonly ends: readonly Offset[] }
    | { readonly from: 'positions'; readonly positions: Positions }
    | { readonly from: 'time'; readonly timestamp: number }
    /** It resumed after a cursor of this age, which says nothing of other partitions. */
    | { readonly from: 'cursor'; readonly asOf: number };
}

export const FROM_THE_BEGINNING: StartPosition = {
  from: 'position',
  position: { offset: BEFORE_FIRST, fingerprint: 0 },
};

/**
 * Starts every partition that is followed in the same way: without a cursor.
 * @param placement of the key; `undefined`: every partition
 */
export function startAt(
  start: StartPosition,
  placement: KeyPlacement | undefined,
  partitions: number,
): StartPositions {
  return new Map(partitionsOf(placement, partitions).map((number) => [number, start]));
}

/** D4: resumes after a cursor's position, and in partitions that the topic got since from their beginning. */
export function startAfter(
  cursor: StreamPosition,
  placement: KeyPlacement | undefined,
  partitions: number,
): StartPositions {
  const starts = new Map<Partition, StartPosition>();
  for (const [number, position] of cursor.positions) starts.set(number, { from: 'position', position });
  for (const [number, start] of startInAddedPartitions(cursor, placement, partitions)) {
    if (!starts.has(number)) starts.set(number, start);
  }
  return starts;
}

/**
 * Where to find the events that a topic of `before.partitions` partitions did not have, now that it has
 * `partitions`. Without a placement those are the added partitions. A key may have moved to an older partition instead,
 * and through several of them: the topic may have had every number of partitions in between.
 */
export function startInAddedPartitions(
  before: TopicSize,
  placement: KeyPlacement | undefined,
  partitions: number,
): StartPositions {
  const added = range(before.partitions, partitions);
  const numbers = placement === undefined ? added : added.map((count) => placement(count + 1));
  return new Map(
    numbers.map((number): [Partition, StartPosition] => [
      number,
      number >= before.partitions ? FROM_THE_BEGINNING : { from: 'time', timestamp: timeOf(before) },
    ]),
  );
}

/**
 * The offset after which a subscription begins in a partition that it did not follow. It has to find every record of its
 * key, and relays have found none in `checked`.
 * @param before where it would have begun at its start
 * @param isExact whether it may begin later than `before`. After a cursor it is an estimate, and may only begin earlier
 */
export function startElsewhere(before: Offset, isExact: boolean, checked: CheckedRange | undefined): Offset {
  if (checked === undefined) return before;
  if (!isExact) return offset(Math.min(before, checked.through));
  // What is before the checked range may hold records of the key.
  return before < checked.after ? before : offset(Math.max(before, checked.through));
}

/** The time before which a cursor is certain to have been given, for partitions that it has no position in. */
export function timeOf({ asOf }: Pick<TopicSize, 'asOf'>): number {
  return Math.max(0, asOf - CLOCK_MARGIN_MS);
}

function range(from: number, to: number): Partition[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => partition(from + i));
}
