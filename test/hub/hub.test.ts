import { describe, expect, it, vi } from 'vitest';
import { fingerprint } from '../../src/core/cursor.js';
import type { Relayed } from '../../src/core/event.js';
import { offset, partition } from '../../src/core/ids.js';
import type { PartitionListener } from '../../src/hub/partition-listener.js';
import type { Fanout } from '../../src/ports/fanout.js';
import { lossy, openWorld } from '../support/world.js';

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

function listening() {
  const got: number[] = [];
  const listener: PartitionListener = {
    onEvents: (_at, events) => got.push(...events.map(numberOf)),
    onLost: (_at, error) => {
      throw error;
    },
  };
  return { got, listener };
}

const numberOf = ({ event }: Relayed): number => JSON.parse(event.data?.toString() ?? '{}').n;

describe('the hub', () => {
  it('D2 D3 delivers each event that is appended after it follows a partition once, in order', async () => {
    await using world = await openWorld();
    await world.relay();
    await world.say('k', numbers(0, 5));
    const { got, listener } = listening();
    await world.hub().follow({ topic: world.topic, partition: partition(0) }, listener);
    await world.say('k', numbers(5, 50));
    await expect.poll(() => got.length, { timeout: 30_000 }).toBe(45);
    expect(got).toEqual(numbers(5, 50));
  });

  it('D2 misses no event that is appended while no relay runs', async () => {
    await using world = await openWorld();
    const { got, listener } = listening();
    await world.hub().follow({ topic: world.topic, partition: partition(0) }, listener);
    await world.say('k', numbers(0, 20));
    await world.relay();
    await expect.poll(() => got, { timeout: 30_000 }).toEqual(numbers(0, 20));
  });

  it('D3 D7 repairs the events that the fan-out drops, also when no event follows them', async () => {
    await using world = await openWorld();
    await world.relay();
    const { got, listener } = listening();
    const hub = world.hub(lossy(world.fanout, (message) => message % 3 !== 0));
    await hub.follow({ topic: world.topic, partition: partition(0) }, listener);
    for (let i = 0; i < 20; i++) await world.say('k', numbers(i * 10, i * 10 + 10));
    await expect.poll(() => got.length, { timeout: 30_000 }).toBe(200);
    expect(got).toEqual(numbers(0, 200));
  });

  it('D7 the second beat shows a loss when the message and the first beat are lost too', async () => {
    await using world = await openWorld();
    await world.relay();
    const { got, listener } = listening();
    let beats = 0;
    const quiet = {
      follow: (at, heard) =>
        world.fanout.follow(at, {
          relayed: () => undefined,
          beat: (newest) => {
            // The beats of the relay's start belong to no event.
            if (newest.last >= 0) beats += 1;
            if (beats > 1) heard.beat(newest);
          },
          layoutChanged: () => heard.layoutChanged(),
          resumed: () => heard.resumed(),
        }),
      newest: async () => [],
      window: async () => undefined,
    } satisfies Partial<Fanout>;
    await world.hub({ ...world.fanout, ...quiet }).follow(await world.at(0), listener);
    // A node that receives nothing for a second asks the log, which does not answer here.
    vi.spyOn(world.log, 'bounds').mockRejectedValue(new Error('away'));
    await world.say('k', [1]);
    await expect.poll(() => got, { timeout: 30_000 }).toEqual([1]);
    expect(beats).toBe(2);
  });

  it('D6 delivers from the log when the fan-out sends nothing at all', async () => {
    await using world = await openWorld();
    const { got, listener } = listening();
    await world.hub().follow({ topic: world.topic, partition: partition(0) }, listener);
    await world.say('k', numbers(0, 30));
    await expect.poll(() => got, { timeout: 30_000 }).toEqual(numbers(0, 30));
  });

  it('D1 skips a second live event with the same idempotent id', async () => {
    await using world = await openWorld();
    await world.relay();
    const { got, listener } = listening();
    await world.hub().follow({ topic: world.topic, partition: partition(0) }, listener);
    await world.say('k', [1], { idempotent: true });
    await world.say('k', [1], { idempotent: true });
    await world.say('k', [2]);
    await expect.poll(() => got.includes(2), { timeout: 30_000 }).toBe(true);
    expect(got).toEqual([1, 2]);
  });

  it('D1 skips a second event with the same idempotent id when both are read from the log', async () => {
    await using world = await openWorld();
    const { got, listener } = listening();
    await world.hub().follow({ topic: world.topic, partition: partition(0) }, listener);
    await world.say('k', [1], { idempotent: true });
    await world.say('k', [1], { idempotent: true });
    await world.say('k', [2]);
    await expect.poll(() => got.includes(2), { timeout: 30_000 }).toBe(true);
    expect(got).toEqual([1, 2]);
  });

  it('D4 replays the same events from the ring, the window and the log', async () => {
    await using world = await openWorld({ ringEvents: 10, windowEvents: 50 });
    await world.relay();
    const { got, listener } = listening();
    const { partition: followed } = await world
      .hub()
      .follow({ topic: world.topic, partition: partition(0) }, listener);
    await world.say('k', numbers(0, 2_500));
    await expect.poll(() => got.length, { timeout: 30_000 }).toBe(2_500);
    for (const from of [-1, 999, 2_470, 2_495, 2_499]) {
      const replayed: number[] = [];
      for (let at = offset(from); at < followed.reached.offset; ) {
        const { events, through } = await followed.read(at);
        replayed.push(...events.map(numberOf));
        expect(through).toBeGreaterThan(at);
        at = through;
      }
      expect(replayed).toEqual(numbers(from + 1, 2_500));
    }
  });

  it('S4 D3 delivers a burst over several ticks of the event loop, in order', async () => {
    await using world = await openWorld();
    await world.relay();
    const got: number[] = [];
    let ticks = 0;
    let running = true;
    const count = (): void => {
      ticks += 1;
      if (running) setImmediate(count);
    };
    const listener: PartitionListener = {
      onEvents: (_at, events) => {
        if (got.length === 0) setImmediate(count);
        got.push(...events.map(numberOf));
        const busyUntil = performance.now() + 5;
        while (performance.now() < busyUntil);
      },
      onLost: (_at, loss) => {
        throw loss;
      },
    };
    const { partition: followed } = await world
      .hub()
      .follow({ topic: world.topic, partition: partition(0) }, listener);
    await world.say('k', numbers(0, 400));
    await expect.poll(() => got.length, { timeout: 30_000 }).toBe(400);
    running = false;
    expect(got).toEqual(numbers(0, 400));
    expect(followed.reached.offset).toBe(399);
    // Fifty slices of 5 ms each; the budget of a tick allows only a few of them.
    expect(ticks).toBeGreaterThan(10);
  });

  it('C1 reads a gap once for all listeners of a node', async () => {
    await using world = await openWorld();
    await world.relay();
    const hub = world.hub(lossy(world.fanout, (message) => message === 1));
    const several = [listening(), listening(), listening()];
    for (const { listener } of several) {
      await hub.follow({ topic: world.topic, partition: partition(0) }, listener);
    }
    for (let i = 0; i < 3; i++) await world.say('k', [i]);
    for (const { got } of several) await expect.poll(() => got, { timeout: 30_000 }).toEqual([0, 1, 2]);
    expect((await world.metrics.gaps.get()).values[0]?.value ?? 0).toBeLessThanOrEqual(1);
  });

  it('D5 drops the cached blocks of a partition once nobody follows it', async () => {
    await using world = await openWorld({ ringEvents: 1, windowEvents: 1 });
    await world.say('k', numbers(0, 10));
    const hub = world.hub();
    const at = { topic: world.topic, partition: partition(0) };
    const read = vi.spyOn(world.log, 'read');
    for (const reads of [1, 2]) {
      const { partition: followed, release } = await hub.follow(at, listening().listener);
      for (let i = 0; i < 3; i++)
        expect((await followed.read(offset(2))).events.map(numberOf)).toEqual(numbers(3, 10));
      expect(read).toHaveBeenCalledTimes(reads);
      release();
      const followedNow = async () => (await world.metrics.followed.get()).values[0]?.value;
      await expect.poll(followedNow, { timeout: 30_000 }).toBe(0);
    }
  });

  it('D5 reports a recreated topic only when the log itself proves it, not from cached blocks', async () => {
    await using world = await openWorld();
    await world.say('k', [0, 1]);
    const hub = world.hub();
    const { partition: followed } = await hub.follow(
      { topic: world.topic, partition: partition(0) },
      listening().listener,
    );
    const { events } = await followed.read(offset(-1));
    const print = fingerprint(events[1]?.event.id ?? '', events[1]?.timestamp ?? 0);
    const placeOf = (given: number) => ({
      positions: new Map([[partition(0), { offset: offset(1), fingerprint: given }]]),
      topicFingerprint: 0,
      partitions: 1,
      asOf: 0,
    });
    await hub.verify(world.topic, placeOf(print));
    const read = vi.spyOn(world.log, 'read');
    await expect(hub.verify(world.topic, placeOf(print ^ 1))).rejects.toMatchObject({
      reason: 'TOPIC_RECREATED',
    });
    expect(read).toHaveBeenCalledTimes(1);
  });
});
