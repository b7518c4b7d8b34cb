import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PrivateService, privateRedis } from '../../scripts/services/private.mjs';
import type { Recorder } from '../support/recorder.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { RedisWire } from './support/redis-wire.js';
import { scaled } from './support/speed.js';
import { expectResumable, windowCaughtUp } from './support/window.js';
import { FaultWorld } from './support/world.js';

/** Redis loses data, in whole or in part, or refuses commands for a while. Relay and gateway share it. */
describe('a Redis that forgets or refuses', { timeout: CASE_TIMEOUT }, () => {
  let redis: PrivateService;
  let client: Redis;
  beforeAll(async () => {
    redis = await privateRedis(['--enable-debug-command', 'yes']);
    client = new Redis(redis.address);
  });
  afterAll(async () => {
    client?.disconnect();
    await redis?.stop();
  });

  async function open() {
    const wire = await RedisWire.open(redis.address);
    const world = await FaultWorld.open({ redis: wire.url });
    const relay = await world.relay();
    const gateway = await world.gateway();
    const subscriber = await world.subscriber(gateway);
    const subscribers = [subscriber, await world.subscriber(gateway, { over: 'sse' })];
    return {
      wire,
      world,
      relay,
      gateway,
      subscriber,
      subscribers,
      [Symbol.asyncDispose]: async () => {
        await world[Symbol.asyncDispose]();
        await wire[Symbol.asyncDispose]();
      },
    };
  }

  /** Deletes one kind of key of every partition. */
  const evict = async ({ topic }: FaultWorld, kind: 'meta' | 'stream') => {
    const keys = await client.keys(`${topic}:*:${kind}`);
    expect(keys.length).toBeGreaterThan(0);
    await client.del(...keys);
  };

  it('D6 emptying all of Redis again and again while events are published loses nothing', async () => {
    await using it = await open();
    const { world } = it;
    const stream = await world.load(it.gateway);
    for (let wipe = 1; wipe <= 3; wipe++) {
      await world.grows(scaled(150));
      await client.flushall();
    }
    await world.grows(scaled(150));
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expectNothingLost(it, client);
  });

  it('D6 evicting the progress of the partitions, but not their windows, loses nothing', async () => {
    await using it = await open();
    const { world } = it;
    const stream = await world.load(it.gateway);
    for (let loss = 1; loss <= 3; loss++) {
      await world.grows(scaled(150));
      await evict(world, 'meta');
    }
    await world.grows(scaled(150));
    await stream.stop();
    await expectNothingLost(it, client);
  });

  it('D4 D6 evicting the windows of the partitions, but not their progress, loses nothing', async () => {
    await using it = await open();
    const { world } = it;
    const stream = await world.load(it.gateway);
    for (let loss = 1; loss <= 3; loss++) {
      await world.grows(scaled(150));
      await evict(world, 'stream');
    }
    await world.grows(scaled(150));
    await stream.stop();
    // Clients that resume also get what the window no longer has.
    await expectNothingLost(it, client);
  });

  it('D4 D6 a failover to a Redis replica that is behind loses nothing', async () => {
    await using it = await open();
    const { wire, world } = it;
    const primary = await privateRedis();
    const replica = await privateRedis();
    const [at, behind] = [new Redis(primary.address), new Redis(replica.address)];
    try {
      wire.proxy.target = new URL(primary.address).host;
      wire.proxy.cut();
      const stream = await world.load(it.gateway);
      await world.grows(scaled(200));
      await copy(at, behind, world);
      at.disconnect();
      // What is written from here on is not replicated.
      await world.grows(scaled(100, 30));
      await primary.kill();
      wire.proxy.target = new URL(replica.address).host;
      wire.proxy.cut();
      await expect
        .poll(() => wire.outcomes.filter(({ status }) => status === 'GAP').length, EVENTUALLY)
        .toBeGreaterThan(0);
      await world.grows(scaled(100));
      await stream.stop();
      expect(stream.refused).toEqual([]);
      await expectNothingLost(it, behind);
    } finally {
      for (const one of [at, behind]) one.disconnect();
      await world[Symbol.asyncDispose]();
      for (const one of [primary, replica]) await one.stop();
    }
  });

  it('D6 events that a full Redis refuses to write are relayed later', async () => {
    await using it = await open();
    const { wire, world } = it;
    const stream = await world.load(it.gateway);
    await world.grows(scaled(100));
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    await client.config('SET', 'maxmemory', '1');
    try {
      await expect.poll(() => wire.refusals.get('OOM') ?? 0, EVENTUALLY).toBeGreaterThan(3);
      await world.grows(scaled(100));
    } finally {
      await client.config('SET', 'maxmemory', '0');
    }
    await world.grows(scaled(50));
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expectNothingLost(it, client);
  });

  it('D6 a Redis that is busy with an endless script delays events and loses none', async () => {
    await using it = await open();
    const { wire, world } = it;
    const stream = await world.load(it.gateway);
    await world.grows(scaled(100));
    await client.config('SET', 'busy-reply-threshold', '50');
    const busy = new Redis(redis.address);
    const endless = busy.eval('while true do end', 0).catch((error: unknown) => String(error));
    try {
      await expect.poll(() => wire.refusals.get('BUSY') ?? 0, EVENTUALLY).toBeGreaterThan(3);
      await world.grows(scaled(100));
    } finally {
      await client.script('KILL');
      busy.disconnect();
    }
    expect(await endless).toContain('killed');
    await world.grows(scaled(50));
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expectNothingLost(it, client);
  });

  it('D6 a Redis that is loading its data delays events and loses none', async () => {
    await using it = await open();
    const { wire, world } = it;
    const stream = await world.load(it.gateway);
    await world.grows(scaled(100));
    // Makes loading take seconds, during which clients get LOADING errors.
    for (let n = 0; n < 400; n++) await client.set(`${world.topic}:filling:${n}`, 'x');
    await client.config('SET', 'loading-process-events-interval-bytes', '1024');
    await client.config('SET', 'key-load-delay', '5000');
    await client.debug('RELOAD');
    expect(wire.refusals.get('LOADING') ?? 0).toBeGreaterThan(3);
    await client.config('SET', 'key-load-delay', '0');
    await world.grows(scaled(50));
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expectNothingLost(it, client);
  });
});

/** Expects that live subscribers and clients that resume have every event, once the window has all of them. */
async function expectNothingLost(
  {
    world,
    subscriber,
    subscribers,
  }: { readonly world: FaultWorld; readonly subscriber: Recorder; readonly subscribers: readonly Recorder[] },
  redis: Redis,
): Promise<void> {
  await expectAll(subscribers, world.appended);
  await windowCaughtUp(redis, world);
  await expectResumable(world, subscriber);
}

/** Copies each partition as it is at one moment, as a replica would have it. */
async function copy(from: Redis, to: Redis, { topic }: FaultWorld): Promise<void> {
  for (const meta of await from.keys(`${topic}:*:meta`)) {
    const stream = meta.replace(/meta$/, 'stream');
    const dumps = await from.multi().dumpBuffer(meta).dumpBuffer(stream).exec();
    for (const [i, key] of [meta, stream].entries()) {
      const dump = dumps?.[i]?.[1];
      if (dump instanceof Buffer) await to.restore(key, 0, dump);
    }
  }
}
