import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { privateSentinelSet } from '../../scripts/services/redis-sentinel.mjs';
import type { PrivateSentinelSet } from '../../scripts/services/redis-sets.d.mts';
import { kafkaBrokers } from '../support/services.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { scaled } from './support/speed.js';
import { expectStoredOnce } from './support/stored-events.js';
import { FaultWorld } from './support/world.js';
import { Writers } from './support/writers.js';

/** Relay and gateway reach Redis through Sentinels, which replace its master while mutations with keys are running. */
describe('Redis behind Sentinels', { timeout: CASE_TIMEOUT }, () => {
  let set: PrivateSentinelSet;
  beforeAll(async () => {
    set = await privateSentinelSet({ replicas: 2 });
  });
  afterAll(() => set?.stop());

  async function open() {
    const env = { REDIS_URL: '', REDIS_SENTINELS: set.sentinels, REDIS_SENTINEL_MASTER: set.name };
    const world = await FaultWorld.open({ env });
    await world.relay();
    const gateway = await world.gateway();
    const subscribers = [await world.subscriber(gateway), await world.subscriber(gateway, { over: 'sse' })];
    return { world, gateway, subscribers, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
  }

  it('D1 D2 D3 an orderly failover of Sentinels loses no event, and no idempotency key runs twice', async () => {
    await expectHeld(() => set.failover());
  });

  it('D1 D2 D3 the death of the master behind Sentinels loses no event, and no idempotency key runs twice', async () => {
    await expectHeld(() => set.kill());
  });

  async function expectHeld(replace: () => Promise<void>): Promise<void> {
    await using it = await open();
    const { world, subscribers } = it;
    await using writers = new Writers(it.gateway.url, world.appended, { keys: true });
    await world.grows(scaled(150, 50));
    await replace();
    const channel = `${world.slot(0)}:live`;
    const followers = async () => {
      const reply = await set.ask('PUBSUB', 'NUMSUB', channel);
      return Number(Array.isArray(reply) && reply[1]);
    };
    await expect.poll(followers, EVENTUALLY).toBe(1);
    await world.grows(scaled(150, 50));
    await writers.stop();
    await writers.repeat();
    await expectStoredOnce(kafkaBrokers().join(','), world.topic);
    await expectAll(subscribers, world.appended);
    await set.settle();
  }
});
