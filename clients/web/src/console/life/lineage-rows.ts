import { byTime, type FoundEvent } from './found';

/** An event as one row of the page. */
export interface EventRow {
  readonly kind: 'event';
  readonly event: FoundEvent;
  /** How many causes are above it; 0 outside of the tree. */
  readonly depth: number;
  readonly cause: FoundEvent | undefined;
  /** Milliseconds since its cause. Negative: the clocks that stamped the two disagree. */
  readonly tookMs: number | undefined;
}

/** The title of the rows of one publisher. */
interface SourceRow {
  readonly kind: 'source';
  readonly source: string;
  readonly events: number;
  /** From cause to effect, in all. */
  readonly totalMs: number;
}

export type Row = EventRow | SourceRow;
export type Arrangement = 'time' | 'tree' | 'source';

/** Rows of events that were sorted by time. Each event has one row, whatever headers say about causes. */
export function rowsOf(events: readonly FoundEvent[], arrangement: Arrangement): readonly Row[] {
  const causes = causesOf(events);
  const row = (event: FoundEvent, depth = 0): EventRow => {
    const cause = causes.get(event);
    return { kind: 'event', event, depth, cause, tookMs: cause && event.at - cause.at };
  };
  if (arrangement === 'time') return events.map((event) => row(event));
  if (arrangement === 'tree') return treeOf(events, causes).map(({ event, depth }) => row(event, depth));
  return [...bySource(events)].flatMap(([source, of]): Row[] => {
    const rows = of.map((event) => row(event));
    const totalMs = rows.reduce((sum, { tookMs = 0 }) => sum + Math.max(0, tookMs), 0);
    return [{ kind: 'source', source, events: of.length, totalMs }, ...rows];
  });
}

/** The publishers, in the order of their first events. */
export function bySource(events: readonly FoundEvent[]): ReadonlyMap<string, readonly FoundEvent[]> {
  const sources = new Map<string, FoundEvent[]>();
  for (const event of events) {
    const of = sources.get(event.source);
    if (of === undefined) sources.set(event.source, [event]);
    else of.push(event);
  }
  return sources;
}

/** The cause of each event, if it is among them. Of a repeated id, the first event that has it. */
function causesOf(events: readonly FoundEvent[]): ReadonlyMap<FoundEvent, FoundEvent> {
  const first = new Map<string, FoundEvent>();
  for (const event of events) if (!first.has(event.id)) first.set(event.id, event);
  const causes = new Map<FoundEvent, FoundEvent>();
  for (const event of events) {
    const cause = event.causationId === null ? undefined : first.get(event.causationId);
    if (cause !== undefined && cause !== event) causes.set(event, cause);
  }
  return causes;
}

/** Each event before its effects. Without recursion: a chain of causes may be as long as the log. */
function treeOf(events: readonly FoundEvent[], causes: ReadonlyMap<FoundEvent, FoundEvent>) {
  const effects = new Map<FoundEvent, FoundEvent[]>();
  const roots: FoundEvent[] = [];
  for (const event of events) {
    const cause = causes.get(event);
    if (cause === undefined) roots.push(event);
    else {
      const of = effects.get(cause);
      if (of === undefined) effects.set(cause, [event]);
      else of.push(event);
    }
  }
  const placed = new Set<FoundEvent>();
  const rows: { readonly event: FoundEvent; readonly depth: number }[] = [];
  // What no root leads to is in a circle, which only wrong headers can say.
  for (const root of [...roots.sort(byTime), ...events]) {
    const open = [{ event: root, depth: 0 }];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (placed.has(at.event)) continue;
      placed.add(at.event);
      rows.push(at);
      const depth = at.depth + 1;
      for (const event of [...(effects.get(at.event) ?? [])].reverse()) open.push({ event, depth });
    }
  }
  return rows;
}
