import { describe, expect, it, vi } from 'vitest';
import { CursorCodec, topicFingerprintOf } from '../../../src/core/cursor.js';
import { offset, partition, topicId } from '../../../src/core/ids.js';
import { partitionOfKey } from '../../../src/core/partitioner.js';
import { Client, openStage } from '../stage.js';

const WAIT = { timeout: 30_000 };
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const sorted = (client: Client): unknown[] => [...client.numbers].sort((a, b) => Number(a) - Number(b));

/** What was lost is in neither ring nor window. */
const SMALL = { ringEvents: 1, windowEvents: 1 };

/** Waits for the error, and @returns the earliest cursor that it offers. */
async function resynced(client: Client, reason: string): Promise<string> {
  const expected = { code: 'RESYNC_REQUIRED', retry: false, reason, earliest: expect.any(String) };
  await expect.poll(() => client.errors[0]?.extensions, WAIT).toEqual(expected);
  expect(client.errors).toHaveLength(1);
  return String(client.errors[0]?.extensions?.['earliest']);
}

/** Does something once it has taken so many results, in the turn in which it takes the last. */
class Counting extends Client {
  constructor(
    readonly count: number,
    readonly then: () => void,
  ) {
    super();
  }
  override next(...result: Parameters<Client['next']>): boolean {
    const taken = super.next(...result);
    if (taken && this.numbers.length === this.count) this.then();
    return taken;
  }
}

/** A key in each of two partitions. */
function keys(): [string, string] {
  const all = numbers(0, 100).map((i) => `key-${i}`);
  const of = (number: number) => String(all.find((key) => partitionOfKey(key, 2) === number));
  return [of(0), of(1)];
}

describe('RESYNC_REQUIRED', () => {
  it('D5 when retention passes a stopped relay, live subscribers get RESYNC_REQUIRED and resume with what is left', async () => {
    const stage = await openStage({ ...SMALL, partitions: 2 });
    const [a, b] = keys();
    const client = stage.subscribe('said');
    const keyed = stage.subscribe(`ofKey(key: "${b}")`);
    await expect.poll(stage.live, WAIT).toBe(2);
    await stage.say(a, [0, 1]);
    await stage.say(b, [100, 101]);
    await expect.poll(() => sorted(client), WAIT).toEqual([0, 1, 100, 101]);
    await stage.relaying[Symbol.asyncDispose]();
    const kept = (await stage.say(a, numbers(2, 10)))[5]?.offset ?? 0; // 7
    await stage.say(b, numbers(102, 105));
    await stage.log.retain(await stage.at(0), kept);
    await stage.relay();
    const earliest = await resynced(client, 'RETENTION');
    const seen = new Set(client.numbers);
    expect([2, 3, 4, 5, 6].some((n) => seen.has(n))).toBe(false);
    // Subscribers whose partition lost nothing continue.
    await expect.poll(() => keyed.numbers, WAIT).toEqual(numbers(100, 105));
    expect(keyed.errors).toEqual([]);
    const resumed = stage.subscribe(`said(after: "${earliest}")`);
    const left = [...numbers(7, 10), ...numbers(102, 105)].filter((n) => !seen.has(n));
    await expect.poll(() => sorted(resumed), WAIT).toEqual(left);
    await stage.say(a, [10]);
    await expect.poll(() => sorted(resumed), WAIT).toEqual([...left, 10].sort((x, y) => x - y));
  });

  it('D5 when retention passes a cursor, RESYNC_REQUIRED contains the earliest usable cursor', async () => {
    const stage = await openStage({ ...SMALL, partitions: 2 });
    const [a, b] = keys();
    const first = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    const positions = await stage.say(a, [0, 1, 2, 3]);
    await expect.poll(() => first.numbers, WAIT).toEqual([0, 1, 2, 3]);
    await stage.say(b, [100]);
    await expect.poll(() => first.numbers.length, WAIT).toBe(5);
    await stage.log.retain(await stage.at(0), positions[2]?.offset ?? 0);
    const refused = stage.subscribe(`said(after: "${first.cursors[0]}")`);
    const earliest = await resynced(refused, 'RETENTION');
    expect(refused.numbers).toEqual([]);
    const resumed = stage.subscribe(`said(after: "${earliest}")`);
    await expect.poll(() => sorted(resumed), WAIT).toEqual([2, 3, 100]);
    const near = stage.subscribe(`said(after: "${first.cursors[1]}")`);
    await expect.poll(() => sorted(near), WAIT).toEqual([2, 3, 100]);
  });

  it('D4 events that only the window still has are replayed from it', async () => {
    const stage = await openStage();
    const first = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [0, 1, 2, 3]);
    await expect.poll(() => first.numbers, WAIT).toEqual([0, 1, 2, 3]);
    await stage.log.retain(await stage.at(0), 4);
    const resumed = stage.subscribe(`said(after: "${first.cursors[0]}")`);
    await expect.poll(() => resumed.numbers, WAIT).toEqual([1, 2, 3]);
    expect(resumed.errors).toEqual([]);
  });

  it('D5 D8 when retention passes a replaying subscriber, it gets RESYNC_REQUIRED', async () => {
    const stage = await openStage(SMALL);
    const slow = new Client();
    slow.room = 1;
    stage.subscribe('said', {}, 'n', slow);
    const quick = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(2);
    for (let n = 0; n < 100; n += 20) await stage.say('k', numbers(n, n + 20));
    await expect.poll(() => quick.numbers, WAIT).toEqual(numbers(0, 100));
    expect(slow.numbers).toEqual([0]);
    await stage.log.retain(await stage.at(0), 60);
    slow.read();
    const earliest = await resynced(slow, 'RETENTION');
    expect(slow.numbers).toEqual([0]);
    const resumed = stage.subscribe(`said(after: "${earliest}")`);
    await expect.poll(() => resumed.numbers, WAIT).toEqual(numbers(60, 100));
    expect(quick.errors).toEqual([]);
  });

  it('D5 when a followed topic is recreated, every subscriber gets RESYNC_REQUIRED and resumes with all of the new topic', async () => {
    const stage = await openStage({ partitions: 2 });
    const all = stage.subscribe('said');
    const keyed = stage.subscribe('ofKey(key: "k1")');
    const slow = new Client();
    slow.room = 1;
    stage.subscribe('said', {}, 'n', slow);
    await expect.poll(stage.live, WAIT).toBe(3);
    for (const n of numbers(0, 8)) await stage.say(`k${n % 4}`, [n]);
    await expect.poll(() => all.numbers.length, WAIT).toBe(8);
    await stage.log.recreate(stage.topic, 3);
    for (const n of numbers(10, 18)) await stage.say(`k${n % 4}`, [n]);
    const earliest = await resynced(all, 'TOPIC_RECREATED');
    const ofKey = await resynced(keyed, 'TOPIC_RECREATED');
    slow.read();
    await resynced(slow, 'TOPIC_RECREATED');
    expect(await stage.live()).toBe(0);
    expect(await stage.cohorts()).toBe(0);
    const resumed = stage.subscribe(`said(after: "${earliest}")`);
    const again = stage.subscribe(`ofKey(key: "k1", after: "${ofKey}")`);
    await expect.poll(() => sorted(resumed), WAIT).toEqual(numbers(10, 18));
    await expect.poll(() => again.numbers, WAIT).toEqual([13, 17]);
    await stage.say('k1', [18]);
    await expect.poll(() => sorted(resumed), WAIT).toEqual(numbers(10, 19));
    await expect.poll(() => again.numbers, WAIT).toEqual([13, 17, 18]);
  });

  it('D5 D8 when a topic is recreated, a client that does not read gets RESYNC_REQUIRED', async () => {
    const stage = await openStage();
    const slow = new Client();
    slow.room = 0;
    stage.subscribe('said', {}, 'n', slow);
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [0]);
    await expect.poll(() => slow.isHeldBack, WAIT).toBe(true);
    await stage.log.recreate(stage.topic, 1);
    await stage.hub.topics.refresh(stage.topic);
    expect(slow.errors).toEqual([]);
    slow.read();
    await resynced(slow, 'TOPIC_RECREATED');
    expect(await stage.live()).toBe(0);
  });

  it('D5 a cursor of the previous topic is refused, however many events the recreated topic has', async () => {
    const stage = await openStage();
    const first = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [0, 1, 2]);
    await expect.poll(() => first.numbers, WAIT).toEqual([0, 1, 2]);
    first.running?.close();
    await stage.log.recreate(stage.topic, 1);
    const after = `said(after: "${first.cursors[1]}")`;
    // Fewer events than the cursor's offset (not mistaken for being ahead of the log), as many, and more.
    for (const said of [[10], [11], [12, 13, 14]]) {
      await stage.say('k', said);
      const refused = stage.subscribe(after);
      const earliest = await resynced(refused, 'TOPIC_RECREATED');
      const resumed = stage.subscribe(`said(after: "${earliest}")`);
      await expect.poll(() => resumed.numbers.at(-1), WAIT).toBe(said.at(-1));
      expect(resumed.numbers).toEqual(numbers(10, Number(said.at(-1)) + 1));
    }
  });

  it('D5 a cursor of the previous topic is refused before the node has noticed the recreation', async () => {
    const stage = await openStage();
    const first = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [0, 1, 2]);
    await expect.poll(() => first.numbers, WAIT).toEqual([0, 1, 2]);
    // Without a relay only the log knows; and the node's own description is fresh.
    await stage.relaying[Symbol.asyncDispose]();
    await stage.hub.topics.refresh(stage.topic);
    await stage.log.recreate(stage.topic, 1);
    await resynced(stage.subscribe(`said(after: "${first.cursors[1]}")`), 'TOPIC_RECREATED');
  });

  it('D4 a cursor of a recreated topic is accepted by a node that has not noticed the recreation', async () => {
    const stage = await openStage();
    await stage.relaying[Symbol.asyncDispose]();
    await stage.hub.topics.refresh(stage.topic);
    await stage.log.recreate(stage.topic, 1);
    await stage.say('k', [1, 2]);
    const { topicId: id } = await stage.at(0);
    const positions = new Map([[partition(0), { offset: offset(0), fingerprint: 0 }]]);
    const codec = new CursorCodec(['secret']);
    const cursor =
      codec.position(stage.topic, {
        positions,
        topicFingerprint: topicFingerprintOf(id),
        partitions: 1,
        asOf: 0,
      }) + codec.tag({ topic: stage.topic, field: 'said', args: '{}', subject: undefined });
    const resumed = stage.subscribe(`said(after: "${cursor}")`);
    await expect.poll(() => resumed.numbers, WAIT).toEqual([2]);
    expect(resumed.errors).toEqual([]);
  });

  it('D5 a subscriber whose topic is recreated in the tick in which its replay ends gets RESYNC_REQUIRED', async () => {
    const stage = await openStage();
    await stage.say('k', [0, 1, 2]);
    const { topics } = stage.hub;
    const recreate = (): void => {
      const before = topics.last(stage.topic);
      if (before === undefined) throw new Error('The topic has not been described yet');
      for (const listener of topics.listeners)
        listener(stage.topic, { ...before, id: topicId('another') }, before);
    };
    const replayed = new Counting(3, recreate);
    stage.subscribe('said(since: "2020-01-01T00:00:00Z")', {}, 'n', replayed);
    await resynced(replayed, 'TOPIC_RECREATED');
    // The same for a subscriber that conflates.
    const conflated = new Counting(1, recreate);
    conflated.room = 0;
    stage.subscribe('newest', {}, 'n', conflated);
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [3, 4, 5]);
    await expect.poll(() => conflated.isHeldBack, WAIT).toBe(true);
    conflated.read();
    await resynced(conflated, 'TOPIC_RECREATED');
    expect(await stage.live()).toBe(0);
  });

  it('D5 a subscriber whose topic is recreated while it moves to added partitions gets RESYNC_REQUIRED', async () => {
    const stage = await openStage({ partitions: 2 });
    const [a] = keys();
    const { hub, log } = stage;
    const describe = log.describe.bind(log);
    const small = vi.spyOn(log, 'describe').mockImplementation(async (topics, signal) => {
      const found = await describe(topics, signal);
      return new Map([...found].map(([name, { id }]) => [name, { id, partitions: 1 }]));
    });
    const slow = new Client();
    slow.room = 0;
    stage.subscribe('said', {}, 'n', slow);
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say(a, [0, 1]);
    await expect.poll(() => slow.isHeldBack, WAIT).toBe(true);
    const follow = hub.follow.bind(hub);
    let renewed: Promise<void> | undefined;
    const renew = async (): Promise<void> => {
      await log.recreate(stage.topic, 2);
      await hub.topics.refresh(stage.topic);
      await stage.say(a, [10, 11, 12]);
    };
    const followSpy = vi.spyOn(hub, 'follow').mockImplementation(async (at, listener) => {
      renewed ??= renew();
      await renewed;
      return follow(at, listener);
    });
    small.mockRestore();
    await expect.poll(() => followSpy.mock.results.length, WAIT).toBe(2);
    await Promise.all(followSpy.mock.results.map(({ value }) => value));
    followSpy.mockRestore();
    slow.read();
    await resynced(slow, 'TOPIC_RECREATED');
    expect(slow.numbers).toEqual([]);
  });

  it('D5 a subscription that starts while its topic is recreated gets cursors of the new topic', async () => {
    const stage = await openStage();
    const { follow } = stage.fanout;
    vi.spyOn(stage.fanout, 'follow').mockImplementationOnce(async (at, listener) => {
      await stage.log.recreate(stage.topic, 1);
      await stage.hub.topics.refresh(stage.topic);
      return follow.call(stage.fanout, at, listener);
    });
    const first = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [1, 2]);
    await expect.poll(() => first.numbers, WAIT).toEqual([1, 2]);
    const resumed = stage.subscribe(`said(after: "${first.cursors[0]}")`);
    await expect.poll(() => resumed.numbers, WAIT).toEqual([2]);
  });

  it('D5 a cursor ahead of the log is invalid, and comes without an earliest cursor', async () => {
    const stage = await openStage({ partitions: 1 });
    const first = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [0, 1]);
    await expect.poll(() => first.cursors.length, WAIT).toBe(2);
    const other = await openStage({ partitions: 1 });
    // Another log whose topic has no id, so that only its end is compared with the cursor.
    const { log } = other;
    const { describe } = log;
    log.describe = async (topics, signal) =>
      new Map(
        [...(await describe.call(log, topics, signal))].map(([name, one]) => [
          name,
          { ...one, id: undefined },
        ]),
      );
    const refused = other.subscribe(`said(after: "${first.cursors[1]}")`);
    const expected = { code: 'CURSOR_INVALID', retry: false, reason: 'AHEAD' };
    await expect.poll(() => refused.errors[0]?.extensions, WAIT).toEqual(expected);
  });
});
