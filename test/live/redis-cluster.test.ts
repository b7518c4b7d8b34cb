import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { privateRedisCluster } from '../../scripts/services/redis-cluster.mjs';
import type { PrivateRedisCluster } from '../../scripts/services/redis-sets.d.mts';
import { openRedisFanout } from '../../src/adapters/redis/fanout.js';
import { openRedisNodeRegistry } from '../../src/adapters/redis/node-registry.js';
import { openRedisRevocationLog } from '../../src/adapters/redis/revocation-log.js';
import type { RedisServer } from '../../src/adapters/redis/server.js';
import { slotOf } from '../../src/adapters/redis/slot-owner.js';
import { openRedisStateStore } from '../../src/adapters/redis/state-store.js';
import { partitionName } from '../../src/core/position.js';
import { fanoutContract } from '../contract/fanout.js';
import {
  chunk,
  claimAt,
  freshPartition,
  RecordingListener,
  WINDOW_EVENTS,
} from '../contract/fanout-tools.js';
import { nodeRegistryContract } from '../contract/node-registry.js';
import { revocationLogContract } from '../contract/revocation-log.js';
import { stateStoreContract } from '../contract/state-store.js';

const EVENTUALLY = { timeout: 30_000 };

describe('with a real Redis Cluster', { timeout: 120_000 }, () => {
  const prefix = `test-${randomUUID()}`;
  let cluster: PrivateRedisCluster;
  let server: RedisServer;
  beforeAll(async () => {
    cluster = await privateRedisCluster();
    server = { topology: { kind: 'cluster', nodes: cluster.nodes.split(',') } };
  }, 120_000);
  afterAll(() => cluster?.stop());
  const open = () => openRedisFanout({ server, prefix, windowEvents: WINDOW_EVENTS });

  fanoutContract('The fan-out on a Redis Cluster', open);
  stateStoreContract('The state store on a Redis Cluster', () => openRedisStateStore({ server, prefix }));
  revocationLogContract('The log of revocations on a Redis Cluster', async () => {
    const place = { server, prefix: `${prefix}:${randomUUID()}` };
    return () => openRedisRevocationLog(place);
  });
  nodeRegistryContract('The registry of nodes on a Redis Cluster', async () => {
    const place = { server, prefix: `${prefix}:${randomUUID()}` };
    return (onProblem) => openRedisNodeRegistry({ ...place, ...(onProblem && { onProblem }) });
  });

  async function followed() {
    const fanout = await open();
    const at = freshPartition();
    const follower = new RecordingListener();
    const token = await claimAt(fanout, at, -1);
    await fanout.follow(at, follower);
    await fanout.relay(at, token, chunk(-1, 0, [0]));
    await vi.waitFor(() => expect(follower.offsets).toEqual([0]), EVENTUALLY);
    const slot = slotOf(`{${partitionName(at)}}`);
    return { fanout, at, follower, token, slot };
  }

  it.each([
    ['whose slot is moved to another master', (slot: number) => cluster.move(slot)],
    ['whose master hands over to its replica', (slot: number) => cluster.failover(slot)],
    ['whose master is killed', (slot: number) => cluster.kill(slot)],
  ])('D6: the followers of a partition %s are notified, and receive again', async (_, change) => {
    const { fanout, at, follower, token, slot } = await followed();
    await using _fanout = fanout;
    await change(slot);
    await vi.waitFor(() => expect(follower.resumptions).toBeGreaterThan(0), EVENTUALLY);
    await vi.waitFor(() => fanout.relay(at, token, chunk(0, 1, [1])), EVENTUALLY);
    await vi.waitFor(() => expect(follower.offsets).toEqual([0, 1]), EVENTUALLY);
    await cluster.settle();
  });

  it('a message reaches only nodes that have the slot of its partition', async () => {
    const { fanout, at } = await followed();
    await using _fanout = fanout;
    const channel = `${prefix}:{${partitionName(at)}}:live`;
    const slot = slotOf(channel);
    expect(await cluster.ask(slot, 'PUBSUB', 'SHARDNUMSUB', channel)).toEqual([channel, 1]);
    expect(await cluster.ask(slot, 'PUBSUB', 'CHANNELS')).toEqual([]);
  });
});
