import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { offset, partition, topic } from '../../src/core/ids.js';
import type { LogRecord } from '../../src/core/record.js';
import { readDeadLetter } from '../../src/dead-letters/dead-letter.js';
import type { View } from '../../src/views/view.js';
import { ViewRebuild } from '../../src/views/view-rebuild.js';
import { ViewStore } from '../../src/views/view-store.js';
import { viewVersion } from '../../src/views/view-version.js';
import { ViewWriter } from '../../src/views/view-writer.js';
import { canWriteDeepJson, DEEP_JSON } from '../support/deep-json.js';
import { openViewStage, type Talk, talk } from './stage.js';

const WAIT = { timeout: 20_000 };
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

describe('a view', () => {
  it('folds the events of a key, and waits for the cursor of a reader’s own mutation', async () => {
    const stage = await openViewStage();
    stage.worker();
    await stage.say('a', [1, 2, 3]);
    const [at] = await stage.say('b', [7]);
    if (at === undefined) throw new Error('Nothing was published');
    const minCursor = await stage.views.cursorOf(at);
    expect(await stage.views.reader('talk').get('b', { minCursor })).toEqual({ count: 1, n: 7 });
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 3, n: 3 });
    expect(await stage.views.reader('talk').get('nobody')).toBe(null);
  });

  it('folds 7, 7.0 and "7" that its `by` returns into one state, and fails on what is not a key', async () => {
    const values: unknown[] = [
      7,
      '7',
      7.0,
      7n,
      1e21,
      10n ** 21n,
      null,
      undefined,
      { id: 7 },
      1.5,
      Number.NaN,
    ];
    // A project in JavaScript returns what the data has.
    const by = (event: { readonly data: Readonly<Record<string, unknown>> | null }) =>
      values[Number(event.data?.['n'])] as string;
    const stage = await openViewStage({ view: { ...talk, by }, partitions: 1 });
    stage.worker();
    await stage.say('other', numbers(0, values.length));
    const count = async (key: string) => (await stage.views.reader('talk').get(key)) as Talk | null;
    await expect.poll(() => count('7'), WAIT).toEqual({ count: 4, n: 3 });
    await expect.poll(() => count(`1${'0'.repeat(21)}`), WAIT).toEqual({ count: 2, n: 5 });
    await expect.poll(async () => (await stage.letters()).length, WAIT).toBe(3);
    expect(await count('1e+21')).toBe(null);
  });

  it('D10 leaves out an event that is nested too deeply to be read exactly', async () => {
    const stage = await openViewStage({ partitions: 1 });
    stage.worker();
    const headers = { ce_specversion: '1.0', ce_id: 'deep', ce_source: '/other', ce_type: 'Said' };
    const value = Buffer.from(`{"n":1234567890123456789,"deep":${'['.repeat(50_000)}${']'.repeat(50_000)}}`);
    await stage.log.append([{ topic: topic('said'), key: 'a', headers, value }], AbortSignal.timeout(30_000));
    await stage.say('a', [1]);
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 1, n: 1 });
    expect((await stage.letters()).map((record) => record.headers['kafka_dlt-exception-fqcn'])).toEqual([
      'millrace.view',
    ]);
  });

  it('D10 leaves out an event that it fails on for good, and the event becomes a dead letter', async () => {
    const circular: Talk & { self?: unknown } = { count: 0, n: 4 };
    circular.self = circular;
    const throwing: View<Talk> = {
      ...talk,
      fold: (state, event) => {
        if (event.data?.['n'] === 2) throw new Error('two is not a number');
        // What JSON has no notation for fails when it is stored.
        if (event.data?.['n'] === 4) return circular;
        return talk.fold(state, event);
      },
    };
    const stage = await openViewStage({ view: throwing, partitions: 1 });
    stage.worker();
    await stage.say('a', [1, 2, 3, 5]);
    await stage.say('b', [2, 6]);
    await stage.say('c', [4]);
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 3, n: 5 });
    await expect.poll(() => stage.views.reader('talk').get('b'), WAIT).toEqual({ count: 1, n: 6 });
    const at = { topic: topic('said.dlt'), partition: partition(0) };
    const letters = (await stage.letters()).map((record) => readDeadLetter(at, record));
    const shown = letters.map((letter) => [
      letter?.origin.offset,
      letter?.kind,
      letter?.view,
      letter?.reason,
    ]);
    expect(shown.sort()).toEqual([
      [1, 'view', 'talk', 'two is not a number'],
      [4, 'view', 'talk', 'two is not a number'],
      [6, 'view', 'talk', expect.stringContaining('circular')],
    ]);
    const { values } = await stage.metrics.viewDeadLetters.get();
    expect(values).toMatchObject([{ labels: { view: 'talk' }, value: 3 }]);
    // A rebuild leaves the same events out.
    const options = { view: throwing, log: stage.log, store: stage.store, decoder: stage.decoder };
    await new ViewRebuild(options).run({
      from: { kind: 'start' },
      onProgress: () => undefined,
      signal: AbortSignal.timeout(30_000),
    });
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 3, n: 5 });
  });

  it('D10 leaves out an event that makes a state which is nested too deeply for JSON', async () => {
    const keeping: View<unknown> = { ...talk, initial: null, fold: (_before, { data }) => data };
    const stage = await openViewStage({ view: keeping as View<Talk>, partitions: 1 });
    stage.worker();
    const value = Buffer.from(`{"n":1,"deep":${DEEP_JSON}}`);
    const headers = { ce_specversion: '1.0', ce_id: 'deep', ce_source: '/x', ce_type: 'Said' };
    await stage.log.append([{ topic: stage.topic, key: 'a', headers, value }], AbortSignal.timeout(30_000));
    await stage.say('b', [7]);
    await expect.poll(() => stage.views.reader('talk').get('b'), WAIT).toMatchObject({ n: 7 });
    expect(await stage.letters()).toHaveLength(canWriteDeepJson() ? 0 : 1);
  });

  it('fails with VIEW_BEHIND when it has not caught up with the cursor before the deadline', async () => {
    const stage = await openViewStage({ deadline: 300 });
    const worker = stage.worker();
    await stage.say('a', [1]);
    await expect
      .poll(
        () =>
          stage.views
            .reader('talk')
            .get('a')
            .catch(() => undefined),
        WAIT,
      )
      .toBeTruthy();
    await worker[Symbol.asyncDispose]();
    const [at] = await stage.say('a', [2]);
    if (at === undefined) throw new Error('Nothing was published');
    const minCursor = await stage.views.cursorOf(at);
    const asked = stage.views.reader('talk').get('a', { minCursor });
    await expect(asked).rejects.toMatchObject({ code: 'VIEW_BEHIND' });
    expect(await stage.views.reader('talk').get('a')).toEqual({ count: 1, n: 1 });
  });

  it('D1 gives an event the same cursor at any time', async () => {
    const stage = await openViewStage();
    const [at] = await stage.say('a', [1]);
    if (at === undefined) throw new Error('Nothing was published');
    const cursor = await stage.views.cursorOf(at);
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 86_000_000);
    try {
      expect(await stage.views.cursorOf(at)).toBe(cursor);
    } finally {
      clock.mockRestore();
    }
  });

  it('D1 gives an event a cursor although the log cannot be asked about its topic', async () => {
    const stage = await openViewStage();
    stage.worker();
    const [at] = await stage.say('a', [1]);
    if (at === undefined) throw new Error('Nothing was published');
    const describe = vi.spyOn(stage.hub.topics, 'describe').mockRejectedValueOnce(new Error('away'));
    const minCursor = await stage.views.cursorOf(at);
    expect(describe).toHaveBeenCalledOnce();
    describe.mockRestore();
    expect(await stage.views.reader('talk').get('a', { minCursor })).toEqual({ count: 1, n: 1 });
  });

  it('S3 rejects a cursor that is not from a mutation', async () => {
    const stage = await openViewStage();
    stage.worker();
    const asked = stage.views.reader('talk').get('a', { minCursor: 'made up' });
    await expect(asked).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  });

  it('is rebuilt from the log after its store has lost it, and is never read half built', async () => {
    const stage = await openViewStage();
    stage.worker();
    const many = 3_000;
    await stage.say('a', numbers(0, many));
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: many, n: many - 1 });
    stage.lose();
    const seen: unknown[] = [];
    await expect
      .poll(
        async () => {
          const state = await stage.views.reader('talk').get('a');
          seen.push(state);
          return state;
        },
        { ...WAIT, interval: 2 },
      )
      .toEqual({ count: many, n: many - 1 });
    await stage.say('a', [many]);
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: many + 1, n: many });
    // Before the loss is noticed a reader may find no state; it never finds half of it.
    expect(seen.filter((state) => state !== null && (state as Talk).count !== many)).toEqual([]);
  });

  it('is rebuilt beside the version in use, which is read until the switch', async () => {
    const stage = await openViewStage();
    stage.worker();
    await stage.say('a', numbers(0, 30));
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 30, n: 29 });
    // A state that does not follow from the log, so that the rebuild shows.
    const ids = new Map([[stage.topic, await stage.hub.topics.describe(stage.topic)]]);
    const version = viewVersion('talk', await stage.store.ensureBuildId('talk'), ids);
    const found = await stage.store.state(version, 'a');
    if (found === undefined) throw new Error('There is no state');
    await stage.store.saveState(version, 'a', { ...found.value, state: { count: 7, n: 7 } }, found.bytes);
    expect(await stage.views.reader('talk').get('a')).toEqual({ count: 7, n: 7 });
    const rebuild = new ViewRebuild({
      view: talk,
      log: stage.log,
      store: stage.store,
      decoder: stage.decoder,
    });
    const progress: number[] = [];
    await rebuild.run({
      from: { kind: 'start' },
      onProgress: ({ done }) => progress.push(done),
      signal: AbortSignal.timeout(30_000),
    });
    expect(progress.at(-1)).toBe(30);
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 30, n: 29 });
    await stage.say('a', [30]);
    await expect.poll(() => stage.views.reader('talk').get('a'), WAIT).toEqual({ count: 31, n: 30 });
  });

  it('D3 has each event once, however many workers fold it and however often', async () => {
    const stage = await openViewStage({ partitions: 1 });
    await stage.say('a', numbers(0, 12));
    const at = await stage.at(0);
    const records: LogRecord[] = [];
    for await (const batch of stage.log.read({ ...at, from: offset(0) }, AbortSignal.timeout(30_000)))
      records.push(...batch.records);
    let run = 0;
    const range = fc.record({ begin: fc.nat(11), length: fc.integer({ min: 1, max: 6 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(range, { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
        async (plans) => {
          const version = viewVersion('talk', `run-${run++}`, new Map());
          await Promise.all(
            plans.map(async (ranges) => {
              const { signal } = new AbortController();
              const writer = new ViewWriter({ view: talk, store: stage.store, decoder: stage.decoder });
              // Like a group member, it continues or starts over further back, and leaves no gap.
              let reached = 0;
              for (const { begin, length } of ranges) {
                const from = Math.min(begin, reached);
                await writer.fold(version, at, records.slice(from, from + length), signal);
                reached = Math.max(reached, from + length);
              }
              await writer.fold(version, at, records.slice(reached), signal);
            }),
          );
          const { state } = (await stage.store.state(version, 'a'))?.value ?? {};
          expect(state).toEqual({ count: 12, n: 11 });
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a subscription with a snapshot', () => {
  it('D2 D3 begins with the state, and continues with exactly the events that are not in it', async () => {
    const stage = await openViewStage();
    stage.worker();
    const total = 400;
    const saying = (async () => {
      for (let n = 0; n < total; n++) await stage.say('k', [n]);
    })();
    const clients = [];
    for (let i = 0; i < 20; i++) {
      clients.push(
        stage.subscribe(i % 2 === 0 ? 'said(key: "k", snapshot: true)' : 'all(key: "k", snapshot: true)'),
      );
      await stage.say('other', [-1]);
      await new Promise(setImmediate);
    }
    await saying;
    for (const client of clients) {
      await expect
        .poll(
          () => client.errors.length + Number((client.data.at(-1) as { n?: number } | undefined)?.n ?? -1),
          {
            timeout: 60_000,
          },
        )
        .toBe(total - 1);
      const [first, ...rest] = client.data as { __typename: string; count?: number; n: number }[];
      const events = first?.__typename === 'Talk' ? rest : client.data;
      const begun = first?.__typename === 'Talk' ? first.n + 1 : 0;
      expect(first?.__typename === 'Talk' ? first.count : 0).toBe(begun);
      expect((events as { n: number }[]).map(({ n }) => n)).toEqual(numbers(begun, total));
    }
    expect(clients.some(({ data }) => Number(data[0]?.['count'] ?? 0) > 0)).toBe(true);
  });

  it('D4 resumes from the cursor of the state with the events after it, without another state', async () => {
    const stage = await openViewStage();
    stage.worker();
    await stage.say('k', numbers(0, 5));
    await expect.poll(() => stage.views.reader('talk').get('k'), WAIT).toEqual({ count: 5, n: 4 });
    const first = stage.subscribe('said(key: "k", snapshot: true)');
    await expect.poll(() => first.data, WAIT).toEqual([{ __typename: 'Talk', count: 5, n: 4 }]);
    expect(first.results[0]?.extensions?.['snapshot']).toBe(true);
    first.running?.close();
    await stage.say('k', [5, 6]);
    const again = stage.subscribe('said(key: "k", snapshot: true)', undefined, first.cursors[0]);
    await expect.poll(() => again.numbers, WAIT).toEqual([5, 6]);
  });

  it('C2 reads the progress of the view once for all subscriptions that ask at the same time', async () => {
    const stage = await openViewStage();
    stage.worker();
    await stage.say('k', [1]);
    await expect.poll(() => stage.views.reader('talk').get('k'), WAIT).toEqual({ count: 1, n: 1 });
    const read = vi.spyOn(ViewStore.prototype, 'progress');
    onTestFinished(() => read.mockRestore());
    const first = stage.subscribe('said(key: "k", snapshot: true)');
    await expect.poll(() => first.data, WAIT).toHaveLength(1);
    const alone = read.mock.calls.length;
    expect(alone).toBeGreaterThan(0);
    read.mockClear();
    const clients = Array.from({ length: 50 }, () => stage.subscribe('said(key: "k", snapshot: true)'));
    for (const { data } of clients) await expect.poll(() => data, WAIT).toHaveLength(1);
    // Once more for those that found a read that had just ended.
    expect(read.mock.calls.length).toBeLessThanOrEqual(5 * alone);
  });

  it('D8 waits with the state until the client has room for it', async () => {
    const stage = await openViewStage();
    stage.worker();
    await stage.say('k', [1]);
    await expect.poll(() => stage.views.reader('talk').get('k'), WAIT).toEqual({ count: 1, n: 1 });
    const client = stage.subscribe('said(key: "k", snapshot: true)');
    client.room = 0;
    await expect.poll(() => client.isHeldBack, WAIT).toBe(true);
    await stage.say('k', [2]);
    client.read();
    await expect.poll(() => client.numbers, WAIT).toEqual([1, 2]);
  });
});
