import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type Over, ReplayScheduler } from '../../../src/subscribe/delivery/replay-scheduler.js';

/** A scheduler with a clock that goes only as work is done. */
function clocked() {
  const clock = { now: 0 };
  const done: string[] = [];
  /** Work of several pieces, of a millisecond each. */
  const pieces = (name: string, count: number) => {
    let left = count;
    return (over: Over): boolean => {
      do {
        clock.now += 1;
        done.push(name);
        left -= 1;
      } while (left > 0 && !over());
      return left === 0;
    };
  };
  return { scheduler: new ReplayScheduler(() => clock.now), done, pieces };
}

it('D8 replays share five milliseconds of a turn, in their order, and leave turns of the loop to others', async () => {
  const { scheduler, done, pieces } = clocked();
  for (const name of 'abcdefg') void scheduler.share(pieces(name, 1));
  await turn();
  expect(done.join('')).toBe('abcde');
  await turn();
  expect(done.join('')).toBe('abcdefg');
});

it('D8 a long replay goes on after the others, a turn at a time', async () => {
  const { scheduler, done, pieces } = clocked();
  const shares = [
    scheduler.share(pieces('a', 12)),
    scheduler.share(pieces('b', 2)),
    scheduler.share(pieces('c', 4)),
  ];
  for (const expected of ['aaaaa', 'aaaaabbccc', 'aaaaabbcccaaaaa']) {
    await turn();
    expect(done.join('')).toBe(expected);
  }
  await Promise.all(shares);
  expect(done.join('')).toBe('aaaaabbcccaaaaacaa');
});

it('work that fails fails alone', async () => {
  const { scheduler, done, pieces } = clocked();
  const failing = scheduler.share(() => {
    throw new Error('broken');
  });
  const other = scheduler.share(pieces('a', 1));
  await expect(failing).rejects.toThrow('broken');
  await other;
  expect(done).toEqual(['a']);
});
