/** A goal for a figure. `of` names the baseline whose ratio is checked, or `value` for the figure itself. */
export interface Goal {
  readonly of: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One figure: the median of the rounds, with its range and its baselines in the same run. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** Medians of the baselines, in the same unit. */
  readonly baseline: Readonly<Record<string, number>>;
  /** `value` against each baseline. */
  readonly ratio: Readonly<Record<string, number>>;
  readonly goals?: readonly Goal[];
}

/** @param rounds one figure for each round @param baselines the same for each baseline */
export function rowOf(
  name: string,
  unit: string,
  rounds: readonly number[],
  baselines: Readonly<Record<string, readonly number[]>> = {},
  goals: readonly Goal[] = [],
): Row {
  const value = median(rounds);
  const baseline = Object.fromEntries(
    Object.entries(baselines).map(([key, all]) => [key, round(median(all))]),
  );
  const ratio = Object.fromEntries(
    Object.entries(baselines).map(([key, all]) => [key, round(value / median(all))]),
  );
  return {
    name,
    unit,
    value: round(value),
    min: round(Math.min(...rounds)),
    max: round(Math.max(...rounds)),
    baseline,
    ratio,
    ...(goals.length === 0 ? {} : { goals }),
  };
}

export function printTable(rows: readonly Row[]): void {
  for (const row of rows) {
    const { name, value, unit, min, max, baseline, ratio } = row;
    const against = Object.entries(baseline).map(([key, of]) => `${ratio[key]} x ${key} (${of})`);
    console.log(
      `${name.padEnd(34)} ${String(value).padStart(10)} ${unit.padEnd(12)} [${min} to ${max}]  ${[...against, ...verdicts(row)].join(', ')}`,
    );
  }
}

/** Each goal of a figure, and whether it is reached. */
export function verdicts({ goals = [], value, ratio }: Row): string[] {
  return goals.map(({ of, atLeast, atMost }) => {
    const is = of === 'value' ? value : (ratio[of] ?? Number.NaN);
    const wanted = [
      ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
      ...(atMost === undefined ? [] : [`at most ${atMost}`]),
    ].join(' and ');
    const reached = is >= (atLeast ?? Number.NEGATIVE_INFINITY) && is <= (atMost ?? Number.POSITIVE_INFINITY);
    return `goal ${wanted}${of === 'value' ? '' : ` x ${of}`}: ${reached ? 'reached' : 'NOT REACHED'}`;
  });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The value below which the share `p` of the values is. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

const round = (value: number): number => Number(value.toPrecision(4));
