import { z } from 'zod';
import { HISTORY_LENGTH, HISTORY_STEP_MS } from '../../observe/figures/figure-history.js';
import { percentile } from '../../observe/figures/percentile.js';
import { DELIVERY_BUCKETS_S } from '../../observe/metrics.js';

/** What a node answers. Another version of Millrace may have other series. */
export const RECORDED_HISTORY = z.object({
  stepMs: z.literal(HISTORY_STEP_MS),
  newestAgeMs: z.number().nonnegative(),
  series: z.record(z.string().max(100), z.array(z.number()).max(HISTORY_LENGTH)),
});
type Recorded = z.infer<typeof RECORDED_HISTORY>;

export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** Added up, where adding up has a meaning. Of the others, the worst node counts. */
const WORST_OF = /^lag\.|^process\.loopDelayMs$/;
const PERCENTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;
const MS_PER_S = 1_000;

/**
 * The histories of several nodes as one. They are aligned by how long ago each value was taken, because clocks of nodes are
 * never compared.
 */
export function joinHistories(histories: readonly Recorded[]): {
  readonly secondsAgo: readonly number[];
  readonly series: readonly Series[];
} {
  const slots = Math.max(0, ...histories.map((one) => slotOf(one, lengthOf(one) - 1) + 1));
  const joined = new Map<string, (number | null)[]>();
  for (const history of histories) {
    for (const [name, values] of Object.entries(history.series)) {
      const all = joined.get(name) ?? Array.from({ length: slots }, () => null);
      joined.set(name, all);
      for (const [i, value] of values.toReversed().entries()) {
        const at = slots - 1 - slotOf(history, i);
        if (at < 0 || at >= slots) continue;
        const before = all[at] ?? 0;
        all[at] = WORST_OF.test(name) ? Math.max(before, value) : before + value;
      }
    }
  }
  const secondsAgo = Array.from({ length: slots }, (_, i) => ((slots - 1 - i) * HISTORY_STEP_MS) / MS_PER_S);
  const plain = [...joined].filter(([name]) => !name.startsWith('latency.'));
  return {
    secondsAgo,
    series: [...plain.map(([name, values]) => ({ name, values })), ...latencies(joined, slots)],
  };
}

/** How many steps ago the value was taken. @param i 0 for the newest */
const slotOf = ({ newestAgeMs }: Recorded, i: number): number =>
  Math.min(HISTORY_LENGTH, Math.round(newestAgeMs / HISTORY_STEP_MS)) + i;

const lengthOf = ({ series }: Recorded): number =>
  Math.max(0, ...Object.values(series).map(({ length }) => length));

/** Percentiles of all nodes together, which those of each node would not give. In milliseconds. */
function latencies(
  joined: ReadonlyMap<string, readonly (number | null)[]>,
  slots: number,
): readonly Series[] {
  const buckets = [...DELIVERY_BUCKETS_S, 'more'].map((_, i) => joined.get(`latency.${i}`) ?? []);
  if (buckets.every(({ length }) => length === 0)) return [];
  return Object.entries(PERCENTILES).map(([name, share]) => ({
    name: `latency.${name}`,
    values: Array.from({ length: slots }, (_, slot) => {
      const counts = buckets.map((bucket) => bucket[slot] ?? 0);
      const seconds = percentile(DELIVERY_BUCKETS_S, counts, share);
      return seconds === undefined ? null : seconds * MS_PER_S;
    }),
  }));
}
