/**
 * A percentile of a histogram, as Prometheus's `histogram_quantile` estimates it: linear within the bucket.
 * @param bounds the upper bounds of the buckets, without the last one, which is infinite
 * @param counts how many values are in each bucket, not cumulative; one more than `bounds`
 * @returns in the unit of `bounds`; `undefined` without values. At most the last bound
 */
export function percentile(
  bounds: readonly number[],
  counts: readonly number[],
  share: number,
): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= 0) return undefined;
  let passed = 0;
  for (const [i, bound] of bounds.entries()) {
    const count = counts[i] ?? 0;
    if (passed + count >= share * total) {
      const from = bounds[i - 1] ?? 0;
      return count === 0 ? bound : from + ((bound - from) * (share * total - passed)) / count;
    }
    passed += count;
  }
  return bounds.at(-1);
}
