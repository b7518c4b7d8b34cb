import { describe, expect, it, vi } from 'vitest';
import { encodeEvent } from '../../../src/core/envelope/encode.js';
import { eventId, partition } from '../../../src/core/ids.js';
import { partitionOfKey } from '../../../src/core/partitioner.js';
import { type Client, openStage } from '../stage.js';

const WAIT = { timeout: 30_000 };
const PARTITIONS = 4;
const KEY = 'k';
/** Where the key belongs, and two partitions where it does not. */
const HOME = partitionOfKey(KEY, PARTITIONS);
const AWAY = partition((HOME + 1) % PARTITIONS);
const FAR = partition((HOME + 2) % PARTITIONS);

const sorted = (client: Client): unknown[] => [...client.numbers].sort((a, b) => Number(a) - Number(b));

async function open() {
  const stage = await openStage({ partitions: PARTITIONS });
  return {
    ...stage,
    /** Appends an event of the key to a partition, as a producer with another partitioner does. */
    put: async (number: number, n: number, key = KEY) =>
      stage.log.append(
        [
          {
            ...encodeEvent(stage.topic, {
              id: eventId(`foreign-${n}`),
              source: '/foreign',
              type: 'Said',
              subject: key,
              time: new Date().toISOString(),
              data: Buffer.from(JSON.stringify({ n })),
            }),
            partition: partition(number),
          },
        ],
        AbortSignal.timeout(30_000),
      ),
    misplaced: async () => (await stage.metrics.misplaced.get()).values[0]?.value ?? 0,
  };
}

describe('a key whose records lie where they do not belong', () => {
  it('D2 D3 a running subscription shows the record that reveals it, those before and after it, each once', async () => {
    const stage = await open();
    const client = stage.subscribe(`ofKey(key: "${KEY}")`);
    await expect.poll(stage.live, WAIT).toBe(1);
    expect((await stage.metrics.followed.get()).values[0]?.value).toBe(1);
    await stage.put(HOME, 1);
    await stage.put(AWAY, 2);
    await stage.put(FAR, 3);
    await stage.put(HOME, 4);
    await expect.poll(() => sorted(client), WAIT).toEqual([1, 2, 3, 4]);
    await stage.put(AWAY, 5);
    await stage.put(FAR, 6, 'another key');
    await stage.put(HOME, 7);
    await expect.poll(() => sorted(client), WAIT).toEqual([1, 2, 3, 4, 5, 7]);
    expect(await stage.misplaced()).toBeGreaterThanOrEqual(3);
  });

  it('D2 shows records of partitions that the relay reaches after the one that reveals it', async () => {
    const stage = await open();
    const client = stage.subscribe(`ofKey(key: "${KEY}")`);
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.relaying[Symbol.asyncDispose]();
    for (let n = 0; n < 30; n++) await stage.put(n % 2 === 0 ? FAR : AWAY, n);
    await using _ = await stage.relay();
    await expect.poll(() => sorted(client), WAIT).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });

  it('D4 a cursor of one partition resumes in all of them, with what was appended after it', async () => {
    const stage = await open();
    const client = stage.subscribe(`ofKey(key: "${KEY}")`);
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.put(HOME, 1);
    await expect.poll(() => sorted(client), WAIT).toEqual([1]);
    const [cursor] = client.cursors;
    client.running?.close();
    await stage.put(AWAY, 2);
    await stage.put(HOME, 3);
    await stage.put(FAR, 4);
    await expect.poll(stage.misplaced, WAIT).toBe(2);
    const resumed = stage.subscribe(`ofKey(key: "${KEY}", after: "${cursor}")`);
    await expect.poll(() => sorted(resumed), WAIT).toEqual([2, 3, 4]);
    // A cursor given afterwards has a position in every partition.
    const last = resumed.cursors.at(-1);
    resumed.running?.close();
    await stage.put(AWAY, 5);
    const again = stage.subscribe(`ofKey(key: "${KEY}", after: "${last}")`);
    await expect.poll(() => sorted(again), WAIT).toEqual([5]);
  });

  it('D4 a cursor resumes while nobody knows yet, and shows the rest once a relay finds out', async () => {
    const stage = await open();
    const client = stage.subscribe(`ofKey(key: "${KEY}")`);
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.put(HOME, 1);
    await expect.poll(() => sorted(client), WAIT).toEqual([1]);
    const [cursor] = client.cursors;
    client.running?.close();
    await stage.relaying[Symbol.asyncDispose]();
    await stage.put(AWAY, 2);
    const resumed = stage.subscribe(`ofKey(key: "${KEY}", after: "${cursor}")`);
    await expect.poll(stage.live, WAIT).toBe(1);
    expect(resumed.numbers).toEqual([]);
    await using _ = await stage.relay();
    await expect.poll(() => sorted(resumed), WAIT).toEqual([2]);
  });

  it('D2 since and from now: a node that comes later finds it in the newest records, whatever the relays know', async () => {
    const stage = await open();
    await stage.relaying[Symbol.asyncDispose]();
    await stage.put(AWAY, 1);
    await stage.put(HOME, 2);
    const since = stage.subscribe(`ofKey(key: "${KEY}", since: "2020-01-01T00:00:00Z")`);
    await expect.poll(() => sorted(since), WAIT).toEqual([1, 2]);
    const now = stage.subscribe(`ofKey(key: "${KEY}")`);
    await expect.poll(stage.live, WAIT).toBe(2);
    await using _ = await stage.relay();
    await stage.put(FAR, 3);
    await expect.poll(() => sorted(now), WAIT).toEqual([3]);
    await expect.poll(() => sorted(since), WAIT).toEqual([1, 2, 3]);
  });

  it('D6 a node that knows it writes it again when the state store has lost it', async () => {
    const stage = await open();
    const client = stage.subscribe(`ofKey(key: "${KEY}")`);
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.put(AWAY, 1);
    await expect.poll(() => sorted(client), WAIT).toEqual([1]);
    await stage.relaying[Symbol.asyncDispose]();
    await stage.state.delete(`layout:${stage.topic}:MURMUR2`);
    await vi.waitFor(async () => {
      expect((await stage.layouts.read(stage.topic))?.misplaced.get(partition(AWAY))).toBe(0);
    }, WAIT);
  });

  it('C2 a topic whose producers agree keeps its subscriptions at one partition', async () => {
    const stage = await open();
    const client = stage.subscribe(`ofKey(key: "${KEY}")`);
    await expect.poll(stage.live, WAIT).toBe(1);
    for (let n = 0; n < 20; n++) await stage.say(`key-${n}`, [n]);
    await stage.say(KEY, [100]);
    await expect.poll(() => client.numbers, WAIT).toEqual([100]);
    expect(await stage.misplaced()).toBe(0);
    expect((await stage.metrics.followed.get()).values[0]?.value).toBe(1);
  });
});
