import { describe, expect, it } from 'vitest';
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
});
