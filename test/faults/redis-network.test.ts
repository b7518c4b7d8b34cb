import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PrivateService, privateRedis } from '../../scripts/services/private.mjs';
import { CASE, SOON } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { RedisWire } from './support/redis-wire.js';
import { scaled } from './support/speed.js';
import { FaultWorld } from './support/world.js';

/** A gateway that reaches Redis over a network that fails; the relay's own does not. */
describe('the network between a gateway and Redis', { timeout: CASE }, () => {
  let redis: PrivateService;
  beforeAll(async () => {
    redis = await privateRedis();
  });
  afterAll(() => redis?.stop());

  async function open() {
    const wire = await RedisWire.open(redis.address);
    const world = await FaultWorld.open({ redis: redis.address });
    await world.relay();
    const gateway = await world.gateway({ REDIS_URL: wire.url });
    const subscribers = [await world.subscriber(gateway), await world.subscriber(gateway, { over: 'sse' })];
    return {
      wire,
      world,
      gateway,
      subscribers,
      [Symbol.asyncDispose]: async () => {
        await world[Symbol.asyncDispose]();
        await wire[Symbol.asyncDispose]();
      },
    };
  }

  it('D3 D6 cut again and again: what was missed is repaired, and the channels are heard again', async () => {
    await using it = await open();
    const { wire, world, subscribers } = it;
    const stream = await world.load(it.gateway);
    await world.grows(scaled(200));
    for (let cut = 1; cut <= 3; cut++) {
      wire.proxy.cut();
      const heard = wire.events;
      await world.grows(scaled(100));
      await expect.poll(() => wire.events, SOON).toBeGreaterThan(heard);
    }
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expectAll(subscribers, world.appended);
  });
});
