/** Over how many readings a rate is averaged. The log's rates on the map are averaged over as long. */
const READINGS = 5;
const MS_PER_S = 1_000;

interface Reading {
  readonly atMs: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** Turns counters with a label into rates of now. Keeps the last readings only (C4). */
export class RecentRates {
  #readings: readonly Reading[] = [];

  /**
   * @param counts what only grows, by label
   * @param atMs by a clock that never goes back
   * @returns per second, by label. What has not moved is left out
   */
  read(counts: Readonly<Record<string, number>>, atMs: number): Record<string, number> {
    const first = this.#readings[0];
    this.#readings = [...this.#readings, { atMs, counts }].slice(-READINGS);
    if (first === undefined || atMs <= first.atMs) return {};
    const rates = Object.entries(counts).flatMap(([label, count]): [string, number][] => {
      const moved = count - (first.counts[label] ?? 0);
      return moved > 0 ? [[label, (moved * MS_PER_S) / (atMs - first.atMs)]] : [];
    });
    return Object.fromEntries(rates);
  }
}
