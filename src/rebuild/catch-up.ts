import { type Offset, offset, partition, type Topic } from '../core/ids.js';
import type { TopicIdPartition } from '../core/position.js';
import type { EventLog, Range, TopicDescription } from '../ports/event-log.js';
import type { RebuildFrom, RebuildProgress, RebuildRequest } from './rebuild.js';

/** How many offsets may be left at the switch. The owner that adopts the state folds them. */
const MAX_REMAINING_OFFSETS = 1_000;

/** A partition that is being folded again. */
export interface RebuildPartition {
  readonly at: TopicIdPartition;
  readonly start: Offset;
  /** The offset after the last one folded. */
  next: Offset;
  events: number;
}

/** Folds a range of a partition, and yields the progress after each batch. */
export type FoldRange = (
  partition: RebuildPartition,
  range: Range & { readonly until: Offset },
) => AsyncIterable<{ readonly last: Offset; readonly events: number }>;

/** All partitions of these topics, each with the offset to begin at. */
export async function rebuildPartitions(
  log: EventLog,
  topics: ReadonlyMap<Topic, TopicDescription>,
  from: RebuildFrom,
  signal: AbortSignal,
): Promise<readonly RebuildPartition[]> {
  const partitions: RebuildPartition[] = [];
  for (const [name, { id: topicId }] of topics) {
    for (const [number, { earliest }] of (await log.bounds(name, signal)).entries()) {
      const at = { topic: name, partition: partition(number), topicId };
      const start =
        from.kind === 'start' ? earliest : await log.offsetAt(name, at.partition, from.time, signal);
      partitions.push({ at, start, next: start, events: 0 });
    }
  }
  return partitions;
}

/**
 * Folds all partitions to their ends, and again to the ends that they have by then, until little is left.
 * Stops as well when a round leaves no less than the one before: events arrive as fast as they are folded, and
 * the owner that adopts the state folds the rest, while no new ones are handled.
 */
export async function catchUp(
  log: EventLog,
  partitions: readonly RebuildPartition[],
  foldRange: FoldRange,
  { onProgress, signal }: RebuildRequest,
): Promise<void> {
  const topics = new Set(partitions.map(({ at }) => at.topic));
  for (let remaining = Number.POSITIVE_INFINITY; remaining > MAX_REMAINING_OFFSETS; ) {
    const ends = await endsOf(log, partitions, signal);
    for (const one of partitions) {
      const until = ends.get(one) ?? one.next;
      for await (const { last, events } of foldRange(one, { ...one.at, from: one.next, until })) {
        one.next = offset(Math.max(one.next, last + 1));
        one.events += events;
        onProgress(progressOf(partitions, ends, one.at.topic));
      }
      // The last offsets before the end may have no record, such as a transaction's end marker.
      one.next = offset(Math.max(one.next, until));
    }
    for (const name of topics) onProgress(progressOf(partitions, ends, name));
    const before = remaining;
    const now = await endsOf(log, partitions, signal);
    remaining = partitions.reduce((sum, one) => sum + Math.max(0, (now.get(one) ?? one.next) - one.next), 0);
    if (remaining >= before) return;
  }
}

async function endsOf(
  log: EventLog,
  partitions: readonly RebuildPartition[],
  signal: AbortSignal,
): Promise<ReadonlyMap<RebuildPartition, Offset>> {
  const ends = new Map<RebuildPartition, Offset>();
  for (const name of new Set(partitions.map(({ at }) => at.topic))) {
    const bounds = await log.bounds(name, signal);
    for (const one of partitions)
      if (one.at.topic === name) ends.set(one, bounds[one.at.partition]?.end ?? one.next);
  }
  return ends;
}

function progressOf(
  partitions: readonly RebuildPartition[],
  ends: ReadonlyMap<RebuildPartition, Offset>,
  name: Topic,
): RebuildProgress {
  let [done, total, events] = [0, 0, 0];
  for (const one of partitions) {
    if (one.at.topic !== name) continue;
    done += one.next - one.start;
    total += Math.max(ends.get(one) ?? one.next, one.next) - one.start;
    events += one.events;
  }
  return { topic: name, done, total, events };
}
