import type { MonitorHistoryQuery } from './operations';
import type { Monitor } from './wording';

/** One moment: its time in seconds since 1970, by the gateway's clock, and the values by the name of their series. */
export interface Moment {
  readonly at: number;
  readonly values: ReadonlyMap<string, number | null>;
}

const HOUR_S = 3_600;
const MS_PER_S = 1_000;
const STAGES = ['RELAY', 'SERVICE', 'VIEW', 'NODE', 'SUBSCRIPTION'] as const;

/** @param now the gateway's time in milliseconds when it told its history */
export function remembered(
  { secondsAgo, series }: MonitorHistoryQuery['monitorHistory'],
  now: number,
): readonly Moment[] {
  return secondsAgo.map((seconds, i) => ({
    at: now / MS_PER_S - seconds,
    // A series that was always 0 is left out: its charts take a missing value for 0.
    values: new Map(series.map(({ name, values }) => [name, values[i] ?? null])),
  }));
}

/** What a chart shows of a reading: the same names as in the history. */
export function momentOf({ at, rates, levels, latency, lags }: Monitor): Moment {
  const worst = (stage: string): number =>
    lags.reduce((most, lag) => (lag.stage === stage ? Math.max(most, lag.behind) : most), 0);
  return {
    at: Date.parse(at) / MS_PER_S,
    values: new Map<string, number | null>([
      ...Object.entries(rates).map(([name, value]) => [`rate.${name}`, value] as const),
      ...Object.entries(levels).map(([name, value]) => [`level.${name}`, value] as const),
      ...STAGES.map((stage) => [`lag.${stage.toLowerCase()}`, worst(stage)] as const),
      ['latency.p50', latency.p50Ms ?? null],
      ['latency.p95', latency.p95Ms ?? null],
      ['latency.p99', latency.p99Ms ?? null],
    ]),
  };
}

/** Adds a moment. C4: what is older than an hour is forgotten. */
export function after(moments: readonly Moment[], next: Moment): readonly Moment[] {
  const last = moments.at(-1);
  if (last !== undefined && next.at <= last.at) return moments;
  const first = moments.findIndex(({ at }) => at >= next.at - HOUR_S);
  return [...(first <= 0 ? (first === 0 ? moments : []) : moments.slice(first)), next];
}

/**
 * The values of some series, one after the other, as uPlot takes them: times first. A series that the history leaves out
 * was 0; of latencies, there were none.
 */
export function columns(
  moments: readonly Moment[],
  names: readonly string[],
): [number[], ...(number | null)[][]] {
  const valueAt = ({ values }: Moment, name: string): number | null =>
    values.get(name) ?? (values.has(name) || name.startsWith('latency.') ? null : 0);
  return [
    moments.map(({ at }) => at),
    ...names.map((name) => moments.map((moment) => valueAt(moment, name))),
  ];
}
