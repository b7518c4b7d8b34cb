import type { Position } from '../core/position.js';

/** An event in the log, without its data, as reading finds it. */
export interface FoundEvent extends Position {
  readonly id: string;
  /** Its publisher: `/gateway`, `/services/order`, or another producer. */
  readonly source: string;
  readonly type: string;
  readonly key: string | null;
  /** The log's timestamp, in milliseconds since 1970. */
  readonly timestamp: number;
  readonly correlationId: string | undefined;
  /** The id of the event that it reacts to. */
  readonly causationId: string | undefined;
  /** W3C Trace Context of the span that published it. */
  readonly traceparent: string | undefined;
}

export interface TracedEvent extends FoundEvent {
  /** Why it was set aside, by each that failed on it. */
  readonly deadLetters: readonly SetAside[];
}

/** A dead letter about an event. */
export interface SetAside {
  readonly kind: string;
  readonly reason: string;
  /** The Subscription field, service or view that failed; `undefined`: decoding did. */
  readonly failedIn: string | undefined;
  readonly at: Position;
}

/** An event, and what was published because of it. */
export interface EventTree {
  readonly event: TracedEvent;
  /** In the order of their timestamps. */
  readonly effects: readonly EventTree[];
}

/**
 * Trees of events by their causes, in the order of their timestamps. The root of each has no cause, or one that is not among
 * the events. If an id is repeated, its effects belong to the first event that has it; events that cause each other in a
 * circle, which only wrong headers can say, begin a tree at the earliest of them.
 */
export function eventTrees(events: readonly TracedEvent[]): readonly EventTree[] {
  const sorted = [...events].sort(byTime);
  const first = new Map<string, TracedEvent>();
  for (const event of sorted) if (!first.has(event.id)) first.set(event.id, event);
  const effectsOf = new Map<TracedEvent, TracedEvent[]>();
  const roots: TracedEvent[] = [];
  for (const event of sorted) {
    const cause = event.causationId === undefined ? undefined : first.get(event.causationId);
    if (cause === undefined || cause === event) roots.push(event);
    else {
      const effects = effectsOf.get(cause) ?? [];
      effects.push(event);
      effectsOf.set(cause, effects);
    }
  }
  const placed = new Set<TracedEvent>();
  const trees: EventTree[] = [];
  // What no root leads to is in a circle.
  for (const root of [...roots, ...sorted])
    if (!placed.has(root)) trees.push(treeOf(root, effectsOf, placed));
  return trees.sort((a, b) => byTime(a.event, b.event));
}

/** Without recursion: a chain of causes may be as long as the log. */
function treeOf(
  root: TracedEvent,
  effectsOf: ReadonlyMap<TracedEvent, readonly TracedEvent[]>,
  placed: Set<TracedEvent>,
): EventTree {
  const start = { event: root, effects: [] as EventTree[] };
  const open = [start];
  placed.add(root);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const event of effectsOf.get(at.event) ?? []) {
      if (placed.has(event)) continue;
      placed.add(event);
      const effect = { event, effects: [] as EventTree[] };
      at.effects.push(effect);
      open.push(effect);
    }
  }
  return start;
}

function byTime(a: TracedEvent, b: TracedEvent): number {
  return (
    a.timestamp - b.timestamp ||
    (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition || a.offset - b.offset)
  );
}
