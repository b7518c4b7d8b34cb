import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { openRedisFanout } from '../../src/adapters/redis/fanout.js';
import { redisAt } from '../../src/adapters/redis/server.js';
import { offset } from '../../src/core/ids.js';
import { fanoutContract } from '../contract/fanout.js';
import {
  chunk,
  claimAt,
  freshPartition,
  never,
  RecordingListener,
  relayed,
  start,
  WINDOW_EVENTS,
} from '../contract/fanout-tools.js';
import { redisUrl } from '../support/services.js';

const url = redisUrl();
const EVENTUALLY = { timeout: 30_000 };

describe('with a real Redis', { timeout: 60_000 }, () => {
  const prefix = `test-${randomUUID()}`;
  const open = () => openRedisFanout({ server: redisAt(url), prefix, windowEvents: WINDOW_EVENTS });
  fanoutContract('The Redis fan-out', open);
  afterAll(async () => {
    await using redis = connect();
    await redis.wipe(`${prefix}:*`);
  });

  it('D6, D9: an old token never works again after a wipe, and the new one is larger', async () => {
    await using fanout = await open();
    await using redis = connect();
    const at = freshPartition();
    const old = await claimAt(fanout, at, -1);
    await fanout.relay(at, old, chunk(-1, 0, [0]));
    await redis.wipe(`${prefix}:{${at.topic}/*`);
    expect(await fanout.relay(at, old, chunk(0, 1, [1]))).toEqual({ status: 'FENCED' });
    expect(await fanout.reset(at, old, start(at, 0))).toBe('FENCED');
    expect(await fanout.newest([at])).toEqual([undefined]);
    expect(await fanout.window(at, offset(-1), offset(0))).toBeUndefined();
    await fanout.beat(at);
    const claim = await fanout.claim(at, never);
    expect(claim.progress).toBeUndefined();
    expect(Number(claim.token)).toBeGreaterThan(Number(old));
    expect(await fanout.reset(at, claim.token, start(at, -1))).toBe('RESET');
    expect(await fanout.relay(at, old, chunk(-1, 1, [1]))).toEqual({ status: 'FENCED' });
    expect(await fanout.relay(at, claim.token, chunk(-1, 0, [0]))).toMatchObject({ status: 'RELAYED' });
  });

  it('D6: a window whose stream was evicted proves nothing', async () => {
    await using fanout = await open();
    await using redis = connect();
    const at = freshPartition();
    const token = await claimAt(fanout, at, -1);
    await fanout.relay(at, token, chunk(-1, 1, [0, 1]));
    await redis.wipe(`${prefix}:{${at.topic}/*:stream`);
    expect(await fanout.window(at, offset(-1), offset(1))).toBeUndefined();
    expect(await fanout.window(at, offset(1), offset(1))).toEqual([]);
    await fanout.relay(at, token, chunk(1, 2, [2]));
    expect(await fanout.window(at, offset(0), offset(2))).toBeUndefined();
    expect(await fanout.window(at, offset(1), offset(2))).toEqual([relayed(2)]);
  });

  it('D6: followers are notified once a lost connection is back, and receive again', async () => {
    await using fanout = await open();
    await using redis = connect();
    const at = freshPartition();
    const [one, two] = [new RecordingListener(), new RecordingListener()];
    await using _one = await fanout.follow(at, one);
    await using _two = await fanout.follow(at, two);
    const token = await claimAt(fanout, at, -1);
    await redis.killSubscribers(prefix);
    await vi.waitFor(() => expect([one.resumptions, two.resumptions]).toEqual([1, 1]), EVENTUALLY);
    await fanout.relay(at, token, chunk(-1, 0, [0]));
    await vi.waitFor(() => expect([one.offsets, two.offsets]).toEqual([[0], [0]]), EVENTUALLY);
  });

  it('a partition can be released and followed again while the connection is lost', async () => {
    await using fanout = await open();
    await using redis = connect();
    const at = freshPartition();
    const [gone, stays] = [new RecordingListener(), new RecordingListener()];
    const following = await fanout.follow(at, gone);
    const token = await claimAt(fanout, at, -1);
    await redis.killSubscribers(prefix);
    await following[Symbol.asyncDispose]();
    await using _ = await fanout.follow(at, stays);
    await vi.waitFor(async () => {
      await fanout.beat(at);
      await fanout.relay(at, token, chunk(-1, 0, [0]));
      expect(stays.beats).toContain(0);
    }, EVENTUALLY);
    expect(gone.offsets).toEqual([]);
  });

  it('two nodes receive the same messages', async () => {
    await using one = await open();
    await using two = await open();
    const at = freshPartition();
    const [here, there] = [new RecordingListener(), new RecordingListener()];
    await using _here = await one.follow(at, here);
    await using _there = await two.follow(at, there);
    await one.relay(at, await claimAt(one, at, -1), chunk(-1, 1, [0, 1]));
    await vi.waitFor(
      () =>
        expect([here.offsets, there.offsets]).toEqual([
          [0, 1],
          [0, 1],
        ]),
      EVENTUALLY,
    );
    expect(await two.window(at, offset(-1), offset(1))).toHaveLength(2);
  });

  it('a large chunk arrives as several messages that chain together', async () => {
    await using fanout = await open();
    const at = freshPartition();
    const follower = new RecordingListener();
    await using _ = await fanout.follow(at, follower);
    const data = Buffer.alloc(200_000, 'x');
    const events = Array.from({ length: 10 }, (_unused, n) => relayed(n, { data }));
    const token = await claimAt(fanout, at, -1);
    await fanout.relay(at, token, { after: offset(-1), through: offset(9), events });
    await vi.waitFor(() => expect(follower.offsets).toHaveLength(10), EVENTUALLY);
    expect(follower.messages.map((message) => message.prev)).toEqual([-1, 2, 5, 8]);
  });

  it('a message in an unknown format is reported, and the messages after it are received', async () => {
    const onProblem = vi.fn();
    await using fanout = await openRedisFanout({ server: redisAt(url), prefix, windowEvents: 10, onProblem });
    await using redis = connect();
    const at = freshPartition();
    const follower = new RecordingListener();
    await using _ = await fanout.follow(at, follower);
    await redis.client.publish(`${prefix}:{${at.topic}/${at.partition}}:live`, 'Eid 0\nnonsense');
    await fanout.relay(at, await claimAt(fanout, at, -1), chunk(-1, 0, [0]));
    await vi.waitFor(() => expect(follower.offsets).toEqual([0]), EVENTUALLY);
    expect(onProblem).toHaveBeenCalledOnce();
  });
});

describe('the Redis fan-out without a Redis', { timeout: 60_000 }, () => {
  it('the Redis fan-out opens at once without Redis, and every operation rejects with FANOUT_UNAVAILABLE', async () => {
    const onProblem = vi.fn();
    await using fanout = await openRedisFanout({
      server: redisAt('redis://127.0.0.1:1'),
      windowEvents: 10,
      onProblem,
    });
    const at = freshPartition();
    const operations = [
      fanout.claim(at, never),
      fanout.reset(at, '1', start(at, 0)),
      fanout.relay(at, '1', chunk(-1, 0, [0])),
      fanout.beat(at),
      fanout.follow(at, new RecordingListener()),
      fanout.follow(at, new RecordingListener()),
      fanout.window(at, offset(-1), offset(0)),
      fanout.newest([at]),
    ];
    for (const result of await Promise.allSettled(operations)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'FANOUT_UNAVAILABLE' } });
    }
    expect(onProblem).toHaveBeenCalledWith(expect.objectContaining({ kind: 'redis-connection' }));
  });
});

function connect() {
  const client = new Redis(url);
  return {
    client,
    /** Deletes the matching keys, as a loss of Redis would. */
    async wipe(pattern: string): Promise<void> {
      const keys = await client.keys(pattern);
      if (keys.length > 0) await client.del(...keys);
    },
    async killSubscribers(prefix: string): Promise<void> {
      const clients = String(await client.client('LIST')).split('\n');
      const ids = clients.filter((line) => line.includes(`name=${prefix}-subscriber`));
      for (const line of ids) await client.call('CLIENT', 'KILL', 'ID', /id=(\d+)/.exec(line)?.[1] ?? '');
    },
    [Symbol.asyncDispose]: async () => client.disconnect(),
  };
}
