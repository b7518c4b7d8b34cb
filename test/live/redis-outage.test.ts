import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { openRedisFanout } from '../../src/adapters/redis/fanout.js';
import { redisAt } from '../../src/adapters/redis/server.js';
import { openRedisStateStore } from '../../src/adapters/redis/state-store.js';
import { chunk, claimAt, freshPartition, RecordingListener } from '../contract/fanout-tools.js';
import { TcpProxy } from '../faults/support/proxy.js';
import { redisUrl } from '../support/services.js';

const url = redisUrl();
const EVENTUALLY = { timeout: 60_000 };

describe('Redis behind a failing connection', { timeout: 120_000 }, () => {
  it('D6: a Redis that starts late is found, and so is one that disappears and returns', async () => {
    await using line = await TcpProxy.open({ target: url });
    line.refuse();
    await using fanout = await openRedisFanout({
      server: redisAt(`redis://${line.address}`),
      prefix: randomUUID(),
      windowEvents: 10,
    });
    const at = freshPartition();
    const follower = new RecordingListener();
    const away = { code: 'FANOUT_UNAVAILABLE' };
    await expect(fanout.follow(at, follower)).rejects.toMatchObject(away);
    line.pass();
    await using _ = await vi.waitFor(() => fanout.follow(at, follower), EVENTUALLY);
    const token = await vi.waitFor(() => claimAt(fanout, at, -1), EVENTUALLY);
    await fanout.relay(at, token, chunk(-1, 0, [0]));
    await vi.waitFor(() => expect(follower.offsets).toEqual([0]), EVENTUALLY);

    line.refuse();
    await expect(fanout.newest([at])).rejects.toMatchObject(away);
    line.pass();
    await vi.waitFor(() => expect(follower.resumptions).toBe(1), EVENTUALLY);
    await vi.waitFor(() => fanout.relay(at, token, chunk(0, 1, [1])), EVENTUALLY);
    await vi.waitFor(() => expect(follower.offsets).toEqual([0, 1]), EVENTUALLY);
  });

  it('D6: connections that went silent without closing are reopened', async () => {
    await using line = await TcpProxy.open({ target: url });
    const onProblem = vi.fn();
    const prefix = randomUUID();
    await using fanout = await openRedisFanout({
      server: redisAt(`redis://${line.address}`),
      prefix,
      windowEvents: 10,
      onProblem,
    });
    await using store = await openRedisStateStore({ server: redisAt(`redis://${line.address}`), prefix });
    const at = freshPartition();
    const follower = new RecordingListener();
    await using _ = await fanout.follow(at, follower);
    const token = await claimAt(fanout, at, -1);
    await store.put('k', Buffer.from('v'));
    line.blackHole();
    line.pass();
    await expect(fanout.newest([at])).rejects.toMatchObject({ code: 'FANOUT_UNAVAILABLE' });
    // New connections pass. The silent ones stay silent.
    await vi.waitFor(() => expect(follower.resumptions).toBe(1), EVENTUALLY);
    await vi.waitFor(() => fanout.relay(at, token, chunk(-1, 0, [0])), EVENTUALLY);
    await vi.waitFor(() => expect(follower.offsets).toEqual([0]), EVENTUALLY);
    await vi.waitFor(async () => expect(await store.get('k')).toEqual(Buffer.from('v')), EVENTUALLY);
    expect(onProblem).toHaveBeenCalledWith(expect.objectContaining({ kind: 'redis-silent' }));
  });

  it('D6: connections that are accepted and never answered are reopened', async () => {
    await using line = await TcpProxy.open({ target: url });
    line.blackHole();
    const onProblem = vi.fn();
    const prefix = randomUUID();
    const silent = `redis://${line.address}`;
    await using fanout = await openRedisFanout({
      server: redisAt(silent),
      prefix,
      windowEvents: 10,
      onProblem,
    });
    const at = freshPartition();
    const follower = new RecordingListener();
    await vi.waitFor(() => expect(line.opened).toBe(2), EVENTUALLY);
    line.pass();
    await using _ = await vi.waitFor(() => fanout.follow(at, follower), EVENTUALLY);
    const token = await vi.waitFor(() => claimAt(fanout, at, -1), EVENTUALLY);
    await fanout.relay(at, token, chunk(-1, 0, [0]));
    await vi.waitFor(() => expect(follower.offsets).toEqual([0]), EVENTUALLY);
  });
});
