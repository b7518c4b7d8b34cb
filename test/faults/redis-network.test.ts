import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PrivateService, privateRedis } from '../../scripts/services/private.mjs';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { RedisWire } from './support/redis-wire.js';
import { command, newestQuery, pushedMessage } from './support/resp.js';
import { scaled } from './support/speed.js';
import { FaultWorld, metric } from './support/world.js';

/** A gateway reaches Redis through a failing proxy. The relay reaches Redis directly. */
describe('the network between a gateway and Redis', { timeout: CASE_TIMEOUT }, () => {
  let redis: PrivateService;
  let client: Redis;
  beforeAll(async () => {
    redis = await privateRedis();
    client = new Redis(redis.address);
  });
  afterAll(async () => {
    client?.disconnect();
    await redis?.stop();
  });

  /** The ids of the connections that subscribe to events. Others hear of nodes. */
  async function fanoutSubscribers(): Promise<readonly number[]> {
    const subscribers = String(await client.call('CLIENT', 'LIST', 'TYPE', 'pubsub')).split('\n');
    return subscribers
      .filter((line) => / name=\S*-subscriber /.test(line))
      .map((line) => Number(/^id=(\d+) /.exec(line)?.[1]));
  }

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

  it('D3 D6 a gateway whose connections to Redis are cut again and again repairs what it missed and subscribes again', async () => {
    await using it = await open();
    const { wire, world, subscribers } = it;
    const stream = await world.load(it.gateway);
    await world.grows(scaled(200));
    for (let cut = 1; cut <= 3; cut++) {
      wire.proxy.refuse();
      const eventsBefore = wire.events;
      await world.grows(scaled(60));
      wire.proxy.pass();
      await expect.poll(() => wire.events, EVENTUALLY).toBeGreaterThan(eventsBefore);
    }
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expectAll(subscribers, world.appended);
  });

  it('D3 messages that Redis delivers late, after the gap was repaired, are shown once', async () => {
    await using it = await open();
    const { wire, world, subscribers } = it;
    const stream = await world.load(it.gateway);
    await world.grows(scaled(100));
    wire.proxy.delay = () => 1_000;
    await world.grows(scaled(300));
    const before = await metric(it.gateway.url, 'millrace_gaps_total');
    // The node's queries are answered at once, so it repairs the gap before the late messages arrive.
    wire.proxy.delay = ({ direction, connection }) =>
      direction === 'down' && wire.subscribers.has(connection) ? 3_000 : 0;
    await expect
      .poll(() => metric(it.gateway.url, 'millrace_gaps_total'), EVENTUALLY)
      .toBeGreaterThan(before);
    const eventsBefore = wire.events;
    await expect.poll(() => wire.events, EVENTUALLY).toBeGreaterThan(eventsBefore + 10);
    wire.proxy.delay = () => 0;
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expectAll(subscribers, world.appended);
  });

  it('D6 a gateway whose traffic to Redis is swallowed reads the log meanwhile, and subscribes again afterwards', async () => {
    await using it = await open();
    const { wire, world, subscribers } = it;
    const stream = await world.load(it.gateway);
    await world.grows(scaled(200));
    wire.proxy.blackHole();
    await world.grows(scaled(100));
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expectAll(subscribers, world.appended);
    wire.proxy.pass();
    const eventsBefore = wire.events;
    const more = await world.load(it.gateway);
    await expect.poll(() => wire.events, EVENTUALLY).toBeGreaterThan(eventsBefore);
    await more.stop();
    await expectAll(subscribers, world.appended);
  });

  it('D3 D7 nothing is missing when every third message is dropped, beats included', async () => {
    await using it = await open();
    const { wire, world, subscribers } = it;
    let pushes = 0;
    wire.judge = (frame) => (pushedMessage(frame) !== undefined && ++pushes % 3 === 0 ? 'drop' : 'pass');
    const stream = await world.load(it.gateway);
    await world.grows(scaled(400));
    await stream.stop();
    await expectAll(subscribers, world.appended);
    expect(await metric(it.gateway.url, 'millrace_gaps_total')).toBeGreaterThan(0);
  });

  it('D7 a dropped message that nothing follows is noticed by the beats after it', async () => {
    await using it = await open();
    const { wire, world, subscribers } = it;
    wire.judge = (frame) => {
      if (pushedMessage(frame)?.beat === false) return 'drop';
      // The silence check learns nothing, so only a beat can reveal the loss. Each event has two beats.
      return newestQuery(frame) === undefined ? 'pass' : { instead: BEFORE_THE_FIRST };
    };
    for (let n = 1; n <= scaled(20, 5); n++) {
      await world.say(it.gateway);
      await expectAll(subscribers, world.appended);
      expect(wire.beats).toBeLessThanOrEqual(2 * n);
    }
    expect(wire.events).toBe(0);
  });

  it('D7 a dropped message whose beats are dropped too is noticed by the next silence check', async () => {
    await using it = await open();
    const { wire, world, subscribers } = it;
    let queries = 0;
    wire.judge = (frame) => {
      if (pushedMessage(frame) !== undefined) return 'drop';
      const key = newestQuery(frame);
      if (key === undefined) return 'pass';
      return key === due && queries++ === 0 ? 'pass' : { instead: BEFORE_THE_FIRST };
    };
    let due = '';
    for (let n = 1; n <= scaled(6, 3); n++) {
      const { partition } = await world.say(it.gateway);
      const meta = `${world.slot(partition)}:meta`;
      await expect
        .poll(() => client.hget(meta, 'newest'), EVENTUALLY)
        .toBe(String(world.appended.newest.get(partition)));
      queries = 0;
      due = meta;
      await expectAll(subscribers, world.appended);
    }
    expect(wire.events + wire.beats).toBe(0);
  });

  it('D3 D6 channels are subscribed again after Redis closes the subscriber connection under load', async () => {
    await using it = await open();
    const { wire, world, subscribers } = it;
    const stream = await world.load(it.gateway);
    await world.grows(scaled(100));
    for (let kill = 1; kill <= 3; kill++) {
      const [subscriber, ...others] = await fanoutSubscribers();
      expect(others).toEqual([]);
      expect(await client.client('KILL', 'ID', String(subscriber))).toBe(1);
      const eventsBefore = wire.events;
      await expect.poll(() => wire.events, EVENTUALLY).toBeGreaterThan(eventsBefore + 10);
    }
    await stream.stop();
    await expectAll(subscribers, world.appended);
  });

  it('D3 D6 messages that Redis discards at its output buffer limit are repaired', async () => {
    await using it = await open();
    const { wire, world, subscribers } = it;
    await client.config('SET', 'client-output-buffer-limit', 'pubsub 262144 262144 1');
    wire.proxy.delay = () => 0;
    wire.proxy.hold('down');
    const stream = await world.load(it.gateway, { bytes: 100_000 });
    // By then the buffers of the operating system are full as well.
    await expect.poll(fanoutSubscribers, EVENTUALLY).toEqual([]);
    await stream.stop();
    wire.proxy.release('down');
    const eventsBefore = wire.events;
    const more = await world.load(it.gateway);
    await expect.poll(() => wire.events, EVENTUALLY).toBeGreaterThan(eventsBefore + 10);
    await more.stop();
    await expectAll(subscribers, world.appended);
  });
});

/** Replaces the query for the newest offset with one that answers -1: nothing was relayed yet. */
const BEFORE_THE_FIRST = command('ECHO', '-1');
