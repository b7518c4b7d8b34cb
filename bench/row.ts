/** One figure: the median of the rounds, with its range and what it is compared to in the same run. */
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
}

/** @param rounds one figure a round; `baselines` the same, by name */
export function rowOf(
  name: string,
  unit: string,
  rounds: readonly number[],
  baselines: Readonly<Record<string, readonly number[]>> = {},
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
  };
}

export function printTable(rows: readonly Row[]): void {
  for (const { name, value, unit, min, max, baseline, ratio } of rows) {
    const against = Object.entries(baseline).map(([key, of]) => `${ratio[key]} x ${key} (${of})`);
    console.log(
      `${name.padEnd(28)} ${String(value).padStart(10)} ${unit.padEnd(8)} [${min} to ${max}]  ${against.join(', ')}`,
    );
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The value below which the share `p` of them is. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

const round = (value: number): number => Number(value.toPrecision(4));
