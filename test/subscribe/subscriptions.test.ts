import { describe, expect, test, vi } from 'vitest';
import { offset, partition } from '../../src/core/ids.js';
import { Client, openStage } from './stage.js';

const WAIT = { timeout: 30_000 };
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('subscriptions', () => {
  test('C1 a hundred that are alike share one execution of each event, and what they share is released', async () => {
    const stage = await openStage();
    const clients = numbers(0, 100).map(() => stage.subscribe('said(about: "x")'));
    await expect.poll(stage.live, WAIT).toBe(100);
    expect(await stage.cohorts()).toBe(1);
    await stage.say('k', numbers(0, 5));
    for (const client of clients) await expect.poll(() => client.numbers, WAIT).toEqual(numbers(0, 5));
    expect(await stage.executions()).toBe(5);
    for (const client of clients) client.running?.close();
    expect([await stage.live(), await stage.cohorts()]).toEqual([0, 0]);
  });

  test('S1 a rule that reads the event holds live and replayed, and never for others', async () => {
    const stage = await openStage();
    const [ada, bob] = [stage.subscribe('ruled', { sub: 'ada' }), stage.subscribe('ruled', { sub: 'bob' })];
    await expect.poll(stage.live, WAIT).toBe(2);
    await stage.say('k', numbers(0, 5));
    await expect.poll(() => ada.numbers, WAIT).toEqual(numbers(0, 5));
    await expect.poll(() => bob.numbers, WAIT).toEqual([3, 4]);
    const again = stage.subscribe('ruled(since: "2020-01-01T00:00:00Z")', { sub: 'bob' });
    await expect.poll(() => again.numbers, WAIT).toEqual([3, 4]);
  });

  test('S1 what a resolver makes of the caller is not shared with another', async () => {
    const stage = await openStage();
    const clients = ['ada', 'bob', 'bob'].map((sub) => stage.subscribe('said', { sub }, 'n whose'));
    await expect.poll(stage.live, WAIT).toBe(3);
    await stage.say('k', [1]);
    for (const [i, whose] of ['ada', 'bob', 'bob'].entries())
      await expect.poll(() => clients[i]?.data, WAIT).toEqual([{ n: 1, whose }]);
    expect(await stage.executions()).toBe(2);
  });

  test('D4 each cursor resumes with exactly what follows it', async () => {
    const stage = await openStage({ partitions: 3 });
    const first = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    for (const n of numbers(0, 12)) await stage.say(`k${n % 4}`, [n]);
    await expect.poll(() => first.numbers.length, WAIT).toBe(12);
    for (const [i, cursor] of first.cursors.entries()) {
      const resumed = stage.subscribe(`said(after: "${cursor}")`);
      const rest = new Set(first.numbers.slice(i + 1));
      await expect.poll(() => new Set(resumed.numbers), WAIT).toEqual(rest);
      await expect.poll(stage.live, WAIT).toBe(2);
      expect(resumed.numbers).toHaveLength(rest.size);
      resumed.running?.close();
    }
  });

  test('D4 many that resume at once ask the log once where it ends, and none is taken to be ahead', async () => {
    const stage = await openStage();
    const first = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [1]);
    await expect.poll(() => first.cursors.length, WAIT).toBe(1);
    const bounds = vi.spyOn(stage.log, 'bounds');
    const old = await stage.log.bounds(stage.topic, AbortSignal.timeout(30_000));
    const after = `said(after: "${first.cursors[0]}")`;
    for (let i = 0; i < 50; i++) stage.subscribe(after);
    await expect.poll(stage.live, WAIT).toBe(51);
    // The embedded log's count of partitions comes from the same place, and is asked for by each.
    const asked = bounds.mock.calls.length;
    expect(asked).toBeLessThan(60);
    bounds.mockResolvedValueOnce(old.map((one) => ({ ...one, end: one.earliest })));
    await stage.hub.verify(stage.topic, new Map([[partition(0), { offset: offset(0), fingerprint: 0 }]]));
    expect(bounds.mock.calls.length - asked).toBe(2);
  });

  test('C1 D4 a herd that resumes at many places reads the log once a partition, and executes each event once', async () => {
    const partitions = 3;
    const stage = await openStage({ partitions, ringEvents: 1, windowEvents: 1 });
    const first = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    for (let n = 0; n < 120; n += 10)
      await Promise.all(numbers(n, n + 10).map((i) => stage.say(`k${i % 7}`, [i])));
    await expect.poll(() => first.numbers.length, WAIT).toBe(120);
    const executed = await stage.executions();
    const read = vi.spyOn(stage.log, 'read');
    const herd = first.cursors.map((cursor) => stage.subscribe(`said(after: "${cursor}")`));
    await expect.poll(stage.live, WAIT).toBe(121);
    for (const [i, client] of herd.entries()) {
      const due = first.numbers.slice(i + 1);
      expect(client.numbers.toSorted()).toEqual(due.toSorted());
      for (const key of numbers(0, 7)) {
        const ofKey = (all: readonly unknown[]) => all.filter((n) => Number(n) % 7 === key);
        expect(ofKey(client.numbers)).toEqual(ofKey(due));
      }
    }
    expect(read.mock.calls.length).toBeLessThanOrEqual(partitions);
    expect((await stage.executions()) - executed).toBeLessThanOrEqual(120);
    // What is shared has the cursor of those who stand elsewhere in other partitions, each its own.
    const again = herd.slice(0, 20).map(({ cursors }) => stage.subscribe(`said(after: "${cursors.at(40)}")`));
    await expect.poll(stage.live, WAIT).toBe(141);
    for (const [i, client] of again.entries())
      expect(client.numbers.toSorted()).toEqual(herd[i]?.numbers.slice(41).toSorted());
  });

  test('S3 a cursor is refused for another field, other arguments and another subject', async () => {
    const stage = await openStage();
    const ada = { sub: 'ada' };
    const first = stage.subscribe('said(about: "x")', ada);
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [1]);
    await expect.poll(() => first.cursors.length, WAIT).toBe(1);
    const after = `after: "${first.cursors[0]}"`;
    const refused = [
      [stage.subscribe(`other(about: "x", ${after})`, ada), 'FIELD'],
      [stage.subscribe(`said(about: "y", ${after})`, ada), 'ARGUMENTS'],
      [stage.subscribe(`said(about: "x", ${after})`, { sub: 'bob' }), 'SUBJECT'],
      [stage.subscribe(`said(about: "x", ${after})`), 'SUBJECT'],
      [stage.subscribe('said(after: "x")', ada), 'MALFORMED'],
    ] as const;
    for (const [client, reason] of refused) {
      await expect
        .poll(() => client.errors[0]?.extensions, WAIT)
        .toMatchObject({ code: 'CURSOR_INVALID', reason });
    }
    expect(await stage.cohorts()).toBe(1);
  });

  test('D8 D3 who does not read gets everything in order and once when it does, and holds up nobody', async () => {
    const stage = await openStage({ ringEvents: 20, windowEvents: 50 });
    const slow = new Client();
    slow.slow = true;
    stage.subscribe('said', {}, 'n', slow);
    const quick = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(2);
    for (let n = 0; n < 300; n += 20) await stage.say('k', numbers(n, n + 20));
    await expect.poll(() => quick.numbers, WAIT).toEqual(numbers(0, 300));
    expect(slow.numbers).toEqual([0]);
    slow.running?.drained();
    await expect.poll(() => slow.numbers, WAIT).toEqual([0, 1]);
    slow.slow = false;
    slow.running?.drained();
    await expect.poll(() => slow.numbers, WAIT).toEqual(numbers(0, 300));
    await expect.poll(stage.live, WAIT).toBe(2);
    await stage.say('k', [300]);
    await expect.poll(() => slow.numbers.at(-1), WAIT).toBe(300);
  });

  test('S4 a replay of large events takes few at a time, and all of them', async () => {
    const stage = await openStage({ ringEvents: 1, windowEvents: 1 });
    const text = 'x'.repeat(200_000);
    for (let n = 0; n < 200; n += 20) await stage.say('k', numbers(n, n + 20), { text });
    const reads: { offsets: number; bytes: number }[] = [];
    const read = stage.log.read.bind(stage.log);
    vi.spyOn(stage.log, 'read').mockImplementation(async function* (range, signal) {
      const taken = { offsets: Number(range.until) - range.from, bytes: 0 };
      reads.push(taken);
      for await (const batch of read(range, signal)) {
        for (const { value } of batch.records) taken.bytes += value?.length ?? 0;
        yield batch;
      }
    });
    const client = stage.subscribe('said(since: "2020-01-01T00:00:00Z")');
    await expect.poll(() => client.numbers, WAIT).toEqual(numbers(0, 200));
    // Before anything is known of how large events are, 8 MiB and the batch that shows it; then fewer at a time.
    expect(Math.max(...reads.map(({ bytes }) => bytes))).toBeLessThan(10_000_000);
    expect(Math.max(...reads.slice(1).map(({ offsets }) => offsets))).toBeLessThanOrEqual(32);
  });

  test('D3 resolvers that are slow change nothing in the order', async () => {
    const stage = await openStage();
    const client = stage.subscribe('said', {}, 'n slow');
    await expect.poll(stage.live, WAIT).toBe(1);
    for (let n = 0; n < 100; n += 5) await stage.say('k', numbers(n, n + 5));
    await expect.poll(() => client.numbers, WAIT).toEqual(numbers(0, 100));
  });

  test('D2 a partition that was let go of is followed anew', async () => {
    const stage = await openStage();
    const gone = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    gone.running?.close();
    await expect.poll(async () => (await stage.metrics.followed.get()).values[0]?.value, WAIT).toBe(0);
    await stage.say('k', [1]);
    const client = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [2]);
    await expect.poll(() => client.numbers, WAIT).toEqual([2]);
    const resumed = stage.subscribe(`said(after: "${client.cursors[0]}")`);
    await stage.say('k', [3]);
    await expect.poll(() => resumed.numbers, WAIT).toEqual([3]);
  });

  test('D4 when the topic got more partitions, cursors name all of them for those who follow all', async () => {
    const stage = await openStage({ partitions: 2 });
    vi.spyOn(stage.hub, 'partitions').mockResolvedValueOnce(1);
    const before = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    const since = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(2);
    const positions = await Promise.all(numbers(0, 8).map((n) => stage.say(`k${n}`, [n])));
    await expect.poll(() => since.numbers.length, WAIT).toBe(8);
    const first = numbers(0, 8).filter((n) => positions[n]?.[0]?.partition === 0);
    await expect.poll(() => before.numbers.length, WAIT).toBe(first.length);
    expect(new Set(before.numbers)).toEqual(new Set(first));
    const resumed = stage.subscribe(`said(after: "${since.cursors.at(-1)}")`);
    await expect.poll(stage.live, WAIT).toBe(3);
    expect(resumed.numbers).toEqual([]);
  });
});
