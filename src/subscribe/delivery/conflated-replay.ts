import type { Offset, Partition } from '../../core/ids.js';
import type { FollowedPartition } from '../../hub/followed-partition.js';
import { ParsedEvent } from '../cohort/parsed-event.js';
import type { Conflation } from './conflation.js';

/** What becomes of one event: `held back` when it was not taken and the place is still before it. */
export type Shown = 'shown' | 'not shown' | 'held back';

/** The subscription that is caught up. */
export interface CatchingUp {
  /** Where it stands. */
  at(number: Partition): Offset;
  /** Everything up to `through` is done with. */
  passed(number: Partition, through: Offset): void;
  /** Whether the event is for it, without making its result. */
  wants(event: ParsedEvent): boolean;
  show(event: ParsedEvent, leftOut: number): Promise<Shown>;
  /** Resolves in a turn of its own. @returns `false` when nothing is wanted any more */
  turn(): Promise<boolean>;
}

/** A partition as a replay reads it. */
export type Readable = Pick<FollowedPartition, 'at' | 'reached' | 'read'>;

/** How many results are made within one turn of the event loop. */
const AT_ONCE = 100;

/**
 * One round of catching up with `onSlow: CONFLATE`: looks through all that the partitions have by now, then
 * shows what is the newest of its key. Results are made only for what is shown. When the client takes no
 * more, everything that was remembered is dropped: a client that reads nothing costs nothing here (D8).
 * @returns `false` when there was nothing to look at
 */
export async function catchUpConflated(
  conflation: Conflation,
  partitions: readonly Readable[],
  subscription: CatchingUp,
): Promise<boolean> {
  let moved = false;
  for (const partition of partitions) {
    // Not further than this, or what comes faster than it is looked at would keep everything from being shown.
    const end = partition.reached.offset;
    const number = partition.at.partition;
    for (let from = subscription.at(number); from < end; from = conflation.seen(number) ?? end) {
      moved = true;
      if (!(await lookOn(conflation, partition, from, subscription))) return true;
    }
  }
  while (conflation.oldest !== undefined) {
    if (!(await showOldest(conflation, AT_ONCE, subscription)) || !(await subscription.turn())) return true;
  }
  for (const [number, through] of conflation.finish()) subscription.passed(number, through);
  return moved;
}

/** One stretch of one partition. @returns `false` when the client takes no more */
async function lookOn(
  conflation: Conflation,
  partition: Readable,
  from: Offset,
  subscription: CatchingUp,
): Promise<boolean> {
  const { at } = partition;
  const { events, through } = await partition.read(from);
  if (!(await subscription.turn())) return false;
  for (const relayed of events) {
    if (!subscription.wants(new ParsedEvent(at, relayed))) continue;
    conflation.saw(at, relayed);
    while (conflation.crowded) {
      if (!(await showOldest(conflation, 1, subscription))) return false;
    }
  }
  conflation.lookedThrough(at.partition, through);
  return true;
}

/** @returns `false` when the client takes no more */
async function showOldest(conflation: Conflation, count: number, subscription: CatchingUp): Promise<boolean> {
  for (let left = count; left > 0; left--) {
    const { oldest } = conflation;
    if (oldest === undefined) return true;
    // Parsed anew: what was parsed to be filtered is not kept, it weighs more than its bytes.
    const shown = await subscription.show(new ParsedEvent(oldest.at, oldest.relayed), oldest.leftOut);
    if (shown === 'held back') {
      conflation.drop();
      return false;
    }
    conflation.took(oldest, shown === 'shown');
  }
  return true;
}
