import { setImmediate as tick } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { FairScheduler, type TickOver } from '../../src/core/fair-scheduler.js';

/** A scheduler with a clock that goes only as work is done. */
function clocked() {
  const clock = { now: 0 };
  const done: string[] = [];
  /** Work of several pieces, of a millisecond each. */
  const pieces = (name: string, count: number) => {
    let left = count;
    return (isTickOver: TickOver): boolean => {
      do {
        clock.now += 1;
        done.push(name);
        left -= 1;
      } while (left > 0 && !isTickOver());
      return left === 0;
    };
  };
  return { scheduler: new FairScheduler(5, () => clock.now), done, pieces };
}

it('D8 jobs share the budget of a tick, in order, and leave the rest of it to others', async () => {
  const { scheduler, done, pieces } = clocked();
  for (const name of 'abcdefg') void scheduler.share(pieces(name, 1));
  await tick();
  expect(done.join('')).toBe('abcde');
  await tick();
  expect(done.join('')).toBe('abcdefg');
});

it('D8 a long job continues after the others, one budget a tick', async () => {
  const { scheduler, done, pieces } = clocked();
  const shares = [
    scheduler.share(pieces('a', 12)),
    scheduler.share(pieces('b', 2)),
    scheduler.share(pieces('c', 4)),
  ];
  for (const expected of ['aaaaa', 'aaaaabbccc', 'aaaaabbcccaaaaa']) {
    await tick();
    expect(done.join('')).toBe(expected);
  }
  await Promise.all(shares);
  expect(done.join('')).toBe('aaaaabbcccaaaaacaa');
});

it('S4 a job that leaves a part of the budget runs again in the next tick, not in this one', async () => {
  const { scheduler, done } = clocked();
  const once = (name: string) => (): boolean => done.push(name) === -1;
  void scheduler.share(once('a'));
  void scheduler.share(once('b'));
  for (const expected of ['ab', 'abab', 'ababab']) {
    await tick();
    expect(done.join('')).toBe(expected);
  }
});

it('a job that fails does not fail the others', async () => {
  const { scheduler, done, pieces } = clocked();
  const failing = scheduler.share(() => {
    throw new Error('broken');
  });
  const other = scheduler.share(pieces('a', 1));
  await expect(failing).rejects.toThrow('broken');
  await other;
  expect(done).toEqual(['a']);
});
