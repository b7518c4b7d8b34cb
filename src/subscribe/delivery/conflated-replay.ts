import type { Offset, Partition } from '../../core/ids.js';
import type { FollowedPartition } from '../../hub/followed-partition.js';
import { ParsedEvent } from '../cohort/parsed-event.js';
import type { Conflation } from './conflation.js';

/** What became of one event. `refused`: the sink did not take its result, and the position is still before it. */
export type DeliveryOutcome = 'delivered' | 'filtered' | 'refused';

/** The subscription that catches up. */
export interface CatchingUp {
  /** Its position in the partition. */
  at(partition: Partition): Offset;
  /** Everything up to `through` is done. */
  advance(partition: Partition, through: Offset): void;
  /** Whether the event is for this subscription. Does not render it. */
  matches(event: ParsedEvent): boolean;
  /** @param leftOut how many events of the partition were left out before this one */
  deliver(event: ParsedEvent, leftOut: number): Promise<DeliveryOutcome>;
  /** Resolves in a later tick. @returns `false` when the subscription takes nothing more */
  nextTick(): Promise<boolean>;
}

/** A partition as a replay reads it. */
export type Readable = Pick<FollowedPartition, 'at' | 'reached' | 'read'>;

/** How many results are made within one tick of the event loop. */
const MAX_RESULTS_PER_TICK = 100;

/**
 * One round of catching up with `onSlow: CONFLATE`: reads everything up to the node's position, then delivers
 * the newest event of each key. Only delivered events are rendered. When the client takes no more, all that was
 * remembered is dropped: a client that reads nothing costs nothing here (D8).
 * @returns `false` when there was nothing to read
 */
export async function catchUpConflated(
  conflation: Conflation,
  partitions: readonly Readable[],
  subscription: CatchingUp,
): Promise<boolean> {
  let moved = false;
  for (const partition of partitions) {
    // Fixed here: events that arrive faster than they are read would otherwise delay the delivery for ever.
    const end = partition.reached.offset;
    const number = partition.at.partition;
    for (let from = subscription.at(number); from < end; from = conflation.scannedTo(number) ?? end) {
      moved = true;
      if (!(await scanStretch(conflation, partition, from, subscription))) return true;
    }
  }
  while (conflation.oldest !== undefined) {
    if (!(await deliverOldest(conflation, MAX_RESULTS_PER_TICK, subscription))) return true;
    if (!(await subscription.nextTick())) return true;
  }
  for (const [number, through] of conflation.finish()) subscription.advance(number, through);
  return moved;
}

/** @returns `false` when the client takes no more */
async function scanStretch(
  conflation: Conflation,
  partition: Readable,
  from: Offset,
  subscription: CatchingUp,
): Promise<boolean> {
  const { at } = partition;
  const { events, through } = await partition.read(from);
  if (!(await subscription.nextTick())) return false;
  for (const relayed of events) {
    if (!subscription.matches(new ParsedEvent(at, relayed))) continue;
    conflation.add(at, relayed);
    while (conflation.crowded) {
      if (!(await deliverOldest(conflation, 1, subscription))) return false;
    }
  }
  conflation.scanned(at.partition, through);
  return true;
}

/** @returns `false` when the client takes no more */
async function deliverOldest(
  conflation: Conflation,
  count: number,
  subscription: CatchingUp,
): Promise<boolean> {
  for (let left = count; left > 0; left--) {
    const { oldest } = conflation;
    if (oldest === undefined) return true;
    // Parsed a second time: what the filter parsed is not kept, because it weighs more than its bytes.
    const outcome = await subscription.deliver(new ParsedEvent(oldest.at, oldest.relayed), oldest.leftOut);
    if (outcome === 'refused') {
      conflation.drop();
      return false;
    }
    conflation.took(oldest, outcome === 'delivered');
  }
  return true;
}
