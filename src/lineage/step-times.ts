import { positionName } from '../core/position.js';
import { type EventTree, eventTrees, type TracedEvent } from './lineage.js';

/** How long the events of one publisher took, each from its cause. */
export interface SourceTimes {
  readonly source: string;
  readonly events: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

/**
 * How long after its cause each event is in the log, in milliseconds, by its position. Events without a cause have no entry.
 * Negative where the clocks that stamped the two disagree.
 */
export function stepTimes(events: readonly TracedEvent[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  const open: EventTree[] = [...eventTrees(events)];
  for (let tree = open.pop(); tree !== undefined; tree = open.pop()) {
    for (const effect of tree.effects) {
      times.set(positionName(effect.event), effect.event.timestamp - tree.event.timestamp);
      open.push(effect);
    }
  }
  return times;
}

/** The times by publisher, the slowest first. A clock that disagrees counts as no time. */
export function timesBySource(events: readonly TracedEvent[]): readonly SourceTimes[] {
  const times = stepTimes(events);
  const bySource = new Map<string, SourceTimes>();
  for (const event of events) {
    const { source } = event;
    const took = times.get(positionName(event));
    if (took === undefined) continue;
    const ms = Math.max(0, took);
    const before = bySource.get(source) ?? { source, events: 0, totalMs: 0, longestMs: 0 };
    bySource.set(source, {
      source,
      events: before.events + 1,
      totalMs: before.totalMs + ms,
      longestMs: Math.max(before.longestMs, ms),
    });
  }
  return [...bySource.values()].sort((a, b) => b.totalMs - a.totalMs);
}
