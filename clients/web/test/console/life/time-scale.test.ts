import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeScale } from '../../../src/console/life/time-scale';

const HOUR_MS = 3_600_000;

describe('the scale of a timeline', () => {
  it('folds idle stretches, so that what happens before and after them has room', () => {
    const times = [0, 10, 20, 2 * HOUR_MS, 2 * HOUR_MS + 5, 2 * HOUR_MS + 30];
    const { folds, x } = timeScale(times);
    expect(folds.map(({ from, to }) => [from, to])).toEqual([[20, 2 * HOUR_MS]]);
    expect(x(0)).toBe(0);
    expect(x(20)).toBeCloseTo(0.96 * (20 / 50));
    expect(x(2 * HOUR_MS)).toBeCloseTo(0.96 * (20 / 50) + 0.04);
    expect(x(2 * HOUR_MS + 30)).toBeCloseTo(1);
  });

  it('folds nothing where no stretch dwarfs the rest, or where there is nothing to give room to', () => {
    for (const times of [
      [],
      [5],
      [5, 5],
      [0, HOUR_MS],
      [0, 400, 900, 1_300],
      [0, 2_000, 4_000, 6_000, 8_000],
    ])
      expect(timeScale(times).folds).toEqual([]);
  });

  it('places every time within the width, in its order, folded or not', () => {
    const gaps = array(
      integer({ min: 0, max: 5 }).map((size) => 10 ** size * 3 - 3),
      { maxLength: 30 },
    );
    assert(
      property(gaps, (given) => {
        const times = [1_000];
        for (const gap of given) times.push((times.at(-1) ?? 0) + gap);
        const { x, folds } = timeScale(times);
        const places = times.map(x);
        for (const place of places) expect(place).toBeGreaterThanOrEqual(0);
        for (const place of places) expect(place).toBeLessThanOrEqual(1);
        expect(places).toEqual([...places].sort((a, b) => a - b));
        // No event is within a folded stretch, so none is hidden by it.
        for (const { from, to } of folds) expect(times.some((time) => time > from && time < to)).toBe(false);
      }),
    );
  });
});
