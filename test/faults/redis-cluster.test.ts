import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { privateRedisCluster } from '../../scripts/services/redis-cluster.mjs';
import type { PrivateRedisCluster } from '../../scripts/services/redis-sets.d.mts';
import { slotOf } from '../../src/adapters/redis/slot-owner.js';
import { kafkaBrokers } from '../support/services.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { scaled } from './support/speed.js';
import { expectStoredOnce } from './support/stored-events.js';
import { FaultWorld } from './support/world.js';
import { Writers } from './support/writers.js';

/** Relay and gateway use a Redis Cluster, whose slots move to other masters while mutations with keys are running. */
describe('a Redis Cluster', { timeout: CASE_TIMEOUT }, () => {
  let cluster: PrivateRedisCluster;
  beforeAll(async () => {
    cluster = await privateRedisCluster();
  });
  afterAll(() => cluster?.stop());

  it('D1 D2 D3 killing a master of a Redis Cluster loses no event, and no idempotency key runs twice', async () => {
    await expectHeld((slot) => cluster.kill(slot));
  });

  it('D1 D2 D3 moving slots of a Redis Cluster loses no event, and no idempotency key runs twice', async () => {
    await expectHeld((slot) => cluster.move(slot));
  });

  /** @param change takes the slot of partition 0 from its master */
  async function expectHeld(change: (slot: number) => Promise<void>): Promise<void> {
    await using world = await FaultWorld.open({ env: { REDIS_URL: '', REDIS_CLUSTER: cluster.nodes } });
    await world.relay();
    const gateway = await world.gateway();
    const subscribers = [await world.subscriber(gateway), await world.subscriber(gateway, { over: 'sse' })];
    await using writers = new Writers(gateway.url, world.appended, { keys: true });
    await world.grows(scaled(100, 50));
    const channel = `${world.slot(0)}:live`;
    const slot = slotOf(channel);
    const before = await cluster.masterOf(slot);
    await change(slot);
    expect(await cluster.masterOf(slot)).not.toBe(before);
    const followers = async () => {
      const reply = await cluster.ask(slot, 'PUBSUB', 'SHARDNUMSUB', channel);
      return Number(Array.isArray(reply) && reply[1]);
    };
    await expect.poll(followers, EVENTUALLY).toBe(1);
    await world.grows(scaled(150, 50));
    await writers.stop();
    await writers.repeat();
    await expectStoredOnce(kafkaBrokers().join(','), world.topic);
    await expectAll(subscribers, world.appended);
    await cluster.settle();
  }
});
