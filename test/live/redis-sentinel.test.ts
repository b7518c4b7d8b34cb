import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { privateSentinelSet } from '../../scripts/services/redis-sentinel.mjs';
import type { PrivateSentinelSet } from '../../scripts/services/redis-sets.d.mts';
import { openRedisFanout } from '../../src/adapters/redis/fanout.js';
import { openRedisRevocationLog } from '../../src/adapters/redis/revocation-log.js';
import type { RedisServer } from '../../src/adapters/redis/server.js';
import { openRedisStateStore } from '../../src/adapters/redis/state-store.js';
import { fanoutContract } from '../contract/fanout.js';
import {
  chunk,
  claimAt,
  freshPartition,
  RecordingListener,
  WINDOW_EVENTS,
} from '../contract/fanout-tools.js';
import { revocationLogContract } from '../contract/revocation-log.js';
import { stateStoreContract } from '../contract/state-store.js';

const EVENTUALLY = { timeout: 30_000 };

describe('with real Sentinels', { timeout: 120_000 }, () => {
  const prefix = `test-${randomUUID()}`;
  let set: PrivateSentinelSet;
  let server: RedisServer;
  beforeAll(async () => {
    set = await privateSentinelSet({ password: 'a password' });
    const sentinels = set.sentinels.split(',');
    server = {
      topology: { kind: 'sentinel', sentinels, master: set.name },
      password: () => 'a password',
    };
  }, 120_000);
  afterAll(() => set?.stop());
  const open = () => openRedisFanout({ server, prefix, windowEvents: WINDOW_EVENTS });

  fanoutContract('The fan-out behind Sentinels', open);
  stateStoreContract('The state store behind Sentinels', () => openRedisStateStore({ server, prefix }));
  revocationLogContract('The log of revocations behind Sentinels', async () => {
    const place = { server, prefix: `${prefix}:${randomUUID()}` };
    return () => openRedisRevocationLog(place);
  });

  it.each([
    ['an orderly failover', () => set.failover()],
    ['the death of the master', () => set.kill()],
  ])('D6: followers are notified after %s, and receive again', async (_, change) => {
    await using fanout = await open();
    const at = freshPartition();
    const follower = new RecordingListener();
    await using _follower = await fanout.follow(at, follower);
    await claimAt(fanout, at, -1);
    await change();
    await vi.waitFor(() => expect(follower.resumptions).toBeGreaterThan(0), EVENTUALLY);
    // The new master may have missed the claim, so the partition is claimed again.
    await vi.waitFor(async () => {
      const token = await claimAt(fanout, at, -1);
      expect(await fanout.relay(at, token, chunk(-1, 0, [0]))).toMatchObject({ status: 'RELAYED' });
    }, EVENTUALLY);
    await vi.waitFor(() => expect(follower.offsets).toContain(0), EVENTUALLY);
    await set.settle();
  });
});
