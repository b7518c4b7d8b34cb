/** Which part of the way of an event is behind: log → relay → node → subscription, and beside it services and views. */
export const LAG_STAGES = ['relay', 'service', 'view', 'node', 'subscription'] as const;
export type LagStage = (typeof LAG_STAGES)[number];

/** How far one stage is behind in one partition. */
export interface Lag {
  readonly stage: LagStage;
  /** The service or view; empty for the others. */
  readonly name: string;
  readonly topic: string;
  readonly partition: number;
  /** In offsets. Offsets have holes, so it is an estimate of records. */
  readonly behind: number;
}

export const TRENDS = ['growing', 'steady', 'shrinking'] as const;
type Trend = (typeof TRENDS)[number];

interface LagWithTrend extends Lag {
  readonly trend: Trend;
  /** The latest values, oldest first. */
  readonly recent: readonly number[];
}

/** C4: of how many partitions the latest values are kept: those that are furthest behind. */
export const MAX_LAGS = 100;
/** How many values of each are kept. */
const MAX_RECENT = 30;
/** A trend compares with so many readings ago, or with the oldest. */
const TREND_READINGS = 10;
/** What changes less is steady: a lag moves with each batch. */
const STEADY_RECORDS = 10;
const STEADY_SHARE = 0.05;

/** How lags have changed. Fed with all of them at equal intervals. */
export class LagTrends {
  #recent = new Map<string, readonly number[]>();

  /** @returns the worst `MAX_LAGS`, worst first */
  read(lags: readonly Lag[]): readonly LagWithTrend[] {
    const worst = lags.toSorted((one, other) => other.behind - one.behind).slice(0, MAX_LAGS);
    const recent = new Map<string, readonly number[]>();
    const read = worst.map((lag) => {
      const key = `${lag.stage} ${lag.name} ${lag.topic} ${lag.partition}`;
      const values = [...(this.#recent.get(key) ?? []), lag.behind].slice(-MAX_RECENT);
      recent.set(key, values);
      return { ...lag, trend: trendOf(values), recent: values };
    });
    // C4: what is not among the worst any more is forgotten.
    this.#recent = recent;
    return read;
  }
}

/** @param values oldest first */
export function trendOf(values: readonly number[]): Trend {
  const now = values.at(-1) ?? 0;
  const before = values.at(-1 - TREND_READINGS) ?? values[0] ?? now;
  const steady = Math.max(STEADY_RECORDS, before * STEADY_SHARE);
  if (now - before > steady) return 'growing';
  return before - now > steady ? 'shrinking' : 'steady';
}
