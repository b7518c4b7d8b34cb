/** A stretch of time without events that takes less room than its length. */
interface Fold {
  readonly from: number;
  readonly to: number;
  /** Where it is drawn, as fractions of the width. */
  readonly start: number;
  readonly end: number;
}

/** Maps times to the width of a timeline. */
export interface TimeScale {
  /** The fraction of the width at which a time is. */
  readonly x: (time: number) => number;
  readonly folds: readonly Fold[];
}

/** Shorter stretches are not folded; nor are those of less than a third of what is left to show. */
const MIN_FOLDED_MS = 1_000;
/** More would leave too little room for what happens. */
const MAX_FOLDS = 6;
/** The width of a folded stretch. */
const FOLD_WIDTH = 0.04;

/**
 * A scale on which idle stretches are folded, so that an event of an hour ago and its effects of a second ago are both seen.
 * @param times of the events, sorted
 */
export function timeScale(times: readonly number[]): TimeScale {
  const start = times[0] ?? 0;
  const end = times.at(-1) ?? start;
  const folded = foldedStretches(times, end - start);
  const foldedMs = folded.reduce((sum, { from, to }) => sum + to - from, 0);
  const shownMs = end - start - foldedMs;
  const shownWidth = 1 - folded.length * FOLD_WIDTH;
  const perMs = shownMs > 0 ? shownWidth / shownMs : 0;
  const folds: Fold[] = [];
  let [left, at] = [0, start];
  for (const { from, to } of folded) {
    left += (from - at) * perMs;
    folds.push({ from, to, start: left, end: left + FOLD_WIDTH });
    left += FOLD_WIDTH;
    at = to;
  }
  return { folds, x: (time) => place(time, start, perMs, folds) };
}

/** The longest stretches first, as long as each dwarfs the rest. In the order of time. */
function foldedStretches(times: readonly number[], wholeMs: number) {
  const stretches: { readonly from: number; readonly to: number }[] = [];
  for (let i = 1; i < times.length; i += 1) {
    const [from = 0, to = 0] = [times[i - 1], times[i]];
    if (to - from >= MIN_FOLDED_MS) stretches.push({ from, to });
  }
  stretches.sort((a, b) => b.to - b.from - (a.to - a.from));
  const folded = [];
  let restMs = wholeMs;
  for (const stretch of stretches.slice(0, MAX_FOLDS)) {
    const ms = stretch.to - stretch.from;
    if (ms <= (restMs - ms) * 0.5 || times.length < 3) break;
    folded.push(stretch);
    restMs -= ms;
  }
  return folded.sort((a, b) => a.from - b.from);
}

function place(time: number, start: number, perMs: number, folds: readonly Fold[]): number {
  let [left, at] = [0, start];
  for (const fold of folds) {
    if (time < fold.to) {
      const within = Math.max(0, time - fold.from) / (fold.to - fold.from);
      return Math.max(0, left + (Math.min(time, fold.from) - at) * perMs + within * FOLD_WIDTH);
    }
    [left, at] = [fold.end, fold.to];
  }
  return Math.min(1, Math.max(0, left + (time - at) * perMs));
}
