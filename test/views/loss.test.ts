import { describe, expect, it } from 'vitest';
import { ViewRebuild } from '../../src/views/view-rebuild.js';
import { openViewStage, talk } from './stage.js';

const WAIT = { timeout: 10_000 };
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

describe('a view whose store is lost', () => {
  it('D6 has each event once when its store is lost while events arrive', async () => {
    const stage = await openViewStage();
    stage.worker();
    await stage.say('a', numbers(0, 50));
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 50, n: 49 });
    stage.lose();
    // The worker has not noticed yet: this event finds no state and no progress.
    await stage.say('a', [50]);
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 51, n: 50 });
  });

  it('D6 folds idempotent events again after its store is lost', async () => {
    const stage = await openViewStage();
    stage.worker();
    await stage.say('a', numbers(0, 10), { idempotent: true });
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 10, n: 9 });
    stage.lose();
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 10, n: 9 });
  });
});

describe('an event that was published twice with one idempotency key', () => {
  it('D1 folds an event once that was published twice, with one worker', async () => {
    const stage = await openViewStage();
    stage.worker();
    await stage.say('a', [1], { idempotent: true });
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 1, n: 1 });
    await stage.say('a', [1], { idempotent: true });
    const [at] = await stage.say('a', [2]);
    if (at === undefined) throw new Error('Nothing was published');
    const minCursor = await stage.views.cursorOf(at);
    expect(await stage.views.reader('talk').get('a', { minCursor })).toEqual({ count: 2, n: 2 });
  });

  it('D1 folds an event once that was published twice, when another worker took over in between', async () => {
    const stage = await openViewStage();
    const first = stage.worker();
    await stage.say('a', [1], { idempotent: true });
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 1, n: 1 });
    await first[Symbol.asyncDispose]();
    stage.worker();
    await stage.say('a', [1], { idempotent: true });
    const [at] = await stage.say('a', [2]);
    if (at === undefined) throw new Error('Nothing was published');
    const minCursor = await stage.views.cursorOf(at);
    expect(await stage.views.reader('talk').get('a', { minCursor })).toEqual({ count: 2, n: 2 });
  });
});

describe('a rebuild of a view', () => {
  it('D6 does not switch to a rebuilt version of which the store has lost a part', async () => {
    const stage = await openViewStage();
    stage.worker();
    await stage.say('a', numbers(0, 20));
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 20, n: 19 });
    const rebuild = new ViewRebuild({
      view: talk,
      log: stage.log,
      store: stage.store,
      decoder: stage.decoder,
    });
    let lost = false;
    const run = rebuild.run({
      from: { kind: 'start' },
      onProgress: () => {
        if (!lost) stage.lose();
        lost = true;
      },
      signal: AbortSignal.timeout(30_000),
    });
    await expect(run).rejects.toThrow('run it again');
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 20, n: 19 });
  });
});

describe('a view that was just lost', () => {
  it('D6 is not read as empty right after its store has lost it', async () => {
    const stage = await openViewStage();
    stage.worker();
    await stage.say('a', numbers(0, 30));
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 30, n: 29 });
    stage.lose();
    expect(await stage.views.reader('talk').get('a')).toEqual({ count: 30, n: 29 });
  });
});
