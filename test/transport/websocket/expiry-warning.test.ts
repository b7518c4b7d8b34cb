import { describe, expect, it } from 'vitest';
import { nextWarning } from '../../../src/transport/websocket/expiry-warning.js';

/** The warnings of credentials that are valid for so long, in milliseconds before their end. */
function warnings(validMs: number): readonly number[] {
  const left: number[] = [];
  for (let now = nextWarning(0, validMs); now !== undefined; now = nextWarning(now, validMs))
    left.push(validMs - now);
  return left;
}

describe('warnings of an expiry', () => {
  it('begin a minute ahead, or halfway, and stop before the last second', () => {
    const minute = [60_000, 30_000, 15_000, 7_500, 3_750, 1_875];
    expect(warnings(3_600_000)).toEqual(minute);
    expect(warnings(120_001)).toEqual(minute);
    expect(warnings(120_000)).toEqual(minute);
    expect(warnings(10_000)).toEqual([5_000, 2_500, 1_250]);
    expect(warnings(2_000)).toEqual([]);
    expect(warnings(-1)).toEqual([]);
  });
});
