import { type Offset, offset, partition, type Topic } from '../core/ids.js';
import type { TopicIdPartition } from '../core/position.js';
import type { EventLog, Range, TopicDescription } from '../ports/event-log.js';
import type { RebuildFrom, RebuildProgress, RebuildRequest } from './rebuild.js';

/** As close to the end as folding has to come: whoever takes the state up folds the rest. */
const CAUGHT_UP = 1_000;

/** A partition that is being folded anew. */
export interface RebuildPartition {
  readonly at: TopicIdPartition;
  readonly start: Offset;
  /** The offset after the last one folded. */
  next: Offset;
  events: number;
}

/** Folds a range of a part, and says after each batch how far it is. */
export type FoldRange = (
  part: RebuildPartition,
  range: Range & { readonly until: Offset },
) => AsyncIterable<{ readonly last: Offset; readonly events: number }>;

/** All partitions of these topics, from their beginning or a time on. */
export async function rebuildPartitions(
  log: EventLog,
  topics: ReadonlyMap<Topic, TopicDescription>,
  from: RebuildFrom,
  signal: AbortSignal,
): Promise<readonly RebuildPartition[]> {
  const parts: RebuildPartition[] = [];
  for (const [name, { id: topicId }] of topics) {
    for (const [number, { earliest }] of (await log.bounds(name, signal)).entries()) {
      const at = { topic: name, partition: partition(number), topicId };
      const start =
        from.kind === 'start' ? earliest : await log.offsetAt(name, at.partition, from.time, signal);
      parts.push({ at, start, next: start, events: 0 });
    }
  }
  return parts;
}

/** Folds again and again to the end as it is then, until little is left. */
export async function catchUp(
  log: EventLog,
  parts: readonly RebuildPartition[],
  foldRange: FoldRange,
  { onProgress, signal }: RebuildRequest,
): Promise<void> {
  for (let left = Number.POSITIVE_INFINITY, before = left; left > CAUGHT_UP; ) {
    const ends = await endsOf(log, parts, signal);
    for (const part of parts) {
      const until = ends.get(part) ?? part.next;
      for await (const { last, events } of foldRange(part, { ...part.at, from: part.next, until })) {
        part.next = offset(Math.max(part.next, last + 1));
        part.events += events;
        onProgress(progressOf(parts, ends, part.at.topic));
      }
      part.next = offset(Math.max(part.next, until));
    }
    for (const name of new Set(parts.map(({ at }) => at.topic))) onProgress(progressOf(parts, ends, name));
    before = left;
    const now = await endsOf(log, parts, signal);
    left = parts.reduce((sum, part) => sum + Math.max(0, (now.get(part) ?? part.next) - part.next), 0);
    // What comes as fast as it is folded is left to whoever takes the state up, and waits while it folds.
    if (left >= before) return;
  }
}

async function endsOf(
  log: EventLog,
  parts: readonly RebuildPartition[],
  signal: AbortSignal,
): Promise<ReadonlyMap<RebuildPartition, Offset>> {
  const ends = new Map<RebuildPartition, Offset>();
  for (const name of new Set(parts.map(({ at }) => at.topic))) {
    const bounds = await log.bounds(name, signal);
    for (const one of parts)
      if (one.at.topic === name) ends.set(one, bounds[one.at.partition]?.end ?? one.next);
  }
  return ends;
}

function progressOf(
  parts: readonly RebuildPartition[],
  ends: ReadonlyMap<RebuildPartition, Offset>,
  name: Topic,
): RebuildProgress {
  let [done, total, events] = [0, 0, 0];
  for (const one of parts) {
    if (one.at.topic !== name) continue;
    done += one.next - one.start;
    total += Math.max(ends.get(one) ?? one.next, one.next) - one.start;
    events += one.events;
  }
  return { topic: name, done, total, events };
}
