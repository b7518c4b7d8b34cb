import { describe, expect, it, vi } from 'vitest';
import { LatestCommit } from '../../src/relay/latest-commit.js';

describe('LatestCommit', () => {
  it('runs one commit at a time, and then only the newest of those that were pushed meanwhile', async () => {
    const ended: string[] = [];
    const failures: unknown[] = [];
    let end = (): void => {};
    const under = new Promise<void>((resolve) => {
      end = resolve;
    });
    const latest = new LatestCommit((error) => failures.push(error));
    const last = new Promise<void>((resolve) => {
      latest.push(() => under.then(() => ended.push('first')));
      latest.push(async () => ended.push('second'));
      latest.push(async () => {
        ended.push('third');
        resolve();
      });
    });
    expect(ended).toEqual([]);
    end();
    await last;
    expect(ended).toEqual(['first', 'third']);
    expect(failures).toEqual([]);
  });

  it('runs the next commit after one that failed', async () => {
    const failures: unknown[] = [];
    const latest = new LatestCommit((error) => failures.push(error));
    const last = new Promise<void>((resolve) => {
      latest.push(() => Promise.reject(new Error('no coordinator')));
      latest.push(async () => resolve());
    });
    await last;
    expect(failures).toEqual([new Error('no coordinator')]);
  });

  it('starts at once after a pause, and no more than one commit in half a second, of which the newest counts', async () => {
    vi.useFakeTimers();
    try {
      const ended: number[] = [];
      const latest = new LatestCommit(() => undefined);
      for (let n = 0; n < 20; n++) {
        latest.push(async () => ended.push(n));
        await vi.advanceTimersByTimeAsync(50);
      }
      expect(ended).toEqual([0, 9, 19]);
      latest.push(async () => ended.push(20));
      await vi.advanceTimersByTimeAsync(400);
      expect(ended).toEqual([0, 9, 19]);
      await vi.advanceTimersByTimeAsync(200);
      expect(ended).toEqual([0, 9, 19, 20]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('a flush runs the commit that waits, after the one in flight', async () => {
    const ended: string[] = [];
    const latest = new LatestCommit(() => undefined);
    latest.push(async () => ended.push('first'));
    latest.push(async () => ended.push('second'));
    await latest.flush();
    expect(ended).toEqual(['first', 'second']);
    await latest.flush();
  });
});
