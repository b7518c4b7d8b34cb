import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Pace } from '../../src/subscribe/pace.js';

test('D8 replays go on one at a time, in their order, and leave turns of the loop to others', async () => {
  const pace = new Pace();
  const gone: number[] = [];
  for (const n of [1, 2, 3]) void pace.turn().then(() => gone.push(n));
  for (const expected of [[1], [1, 2], [1, 2, 3]]) {
    await turn();
    expect(gone).toEqual(expected);
  }
  void pace.turn().then(() => gone.push(4));
  await turn();
  expect(gone).toEqual([1, 2, 3, 4]);
});
