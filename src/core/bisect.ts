/**
 * The first index in `[low, high)` that does not come `before` what is searched for; `high` when all of them do.
 * The indexes have to be sorted that way: once `before` answers false, it does so for every later index.
 */
export function bisect(low: number, high: number, before: (index: number) => boolean): number {
  let [from, until] = [low, high];
  while (from < until) {
    const middle = from + Math.floor((until - from) / 2);
    if (before(middle)) from = middle + 1;
    else until = middle;
  }
  return from;
}
