import { type Figures, FLOWS, type Flow, LEVELS, type Level } from './figures.js';
import { LAG_STAGES, type LagStage } from './lag.js';
import type { ProcessFigures } from './process-figures.js';

/** What one process did between two readings, and how it was at the second. */
export interface Sample {
  /** Per second. */
  readonly rates: Readonly<Record<Flow, number>>;
  readonly levels: Readonly<Record<Level, number>>;
  /** Deliveries in each bucket of latency, between the readings. */
  readonly latency: readonly number[];
  /** The greatest lag of each stage. */
  readonly lag: Readonly<Record<LagStage, number>>;
  readonly process: ProcessFigures;
}

/** @param elapsedMs between the two readings */
export function sampleOf(before: Figures, now: Figures, process: ProcessFigures, elapsedMs: number): Sample {
  const perSecond = (flow: Flow): number =>
    (1_000 * Math.max(0, now.flows[flow] - before.flows[flow])) / Math.max(1, elapsedMs);
  const greatest = (stage: LagStage): number =>
    now.lags.reduce((most, lag) => (lag.stage === stage ? Math.max(most, lag.behind) : most), 0);
  return {
    rates: record(FLOWS, perSecond),
    levels: record(LEVELS, (level) => now.levels[level]),
    latency: now.latency.map((count, i) => Math.max(0, count - (before.latency[i] ?? 0))),
    lag: record(LAG_STAGES, greatest),
    process,
  };
}

/** A record with a value for each name. */
export function record<K extends string, V>(names: readonly K[], pick: (name: K) => V): Record<K, V> {
  // Every name of K is in `names`: its type is that of the list itself.
  return Object.fromEntries(names.map((name) => [name, pick(name)])) as Record<K, V>;
}
