import { describe, expect, it } from 'vitest';
import { redisUrl } from '../support/services.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import type { Verdict } from './support/proxy.js';
import { RedisWire } from './support/redis-wire.js';
import { isRelayScript, relayReply } from './support/resp.js';
import { scaled } from './support/speed.js';
import { FaultWorld } from './support/world.js';

/** Relays that die or lose their partitions. Each reaches Redis through a proxy of its own. */
describe('relays that fail', { timeout: CASE_TIMEOUT }, () => {
  /** A gateway and one relay that has all partitions. More relays can be added. */
  async function open() {
    const world = await FaultWorld.open();
    const wires: RedisWire[] = [];
    const relay = async () => {
      const wire = await RedisWire.open(redisUrl());
      wires.push(wire);
      return { wire, process: await world.relay({ REDIS_URL: wire.url }) };
    };
    const first = await relay();
    const gateway = await world.gateway();
    const subscribers = [await world.subscriber(gateway), await world.subscriber(gateway, { over: 'sse' })];
    return {
      world,
      relay,
      first,
      gateway,
      subscribers,
      [Symbol.asyncDispose]: async () => {
        await world[Symbol.asyncDispose]();
        for (const wire of wires) await wire[Symbol.asyncDispose]();
      },
    };
  }

  it('D2 D3 a relay killed before its script reaches Redis is followed by one that continues where the window ends', async () => {
    await using it = await open();
    const { world, first } = it;
    const stream = await world.load(it.gateway);
    await world.grows(scaled(100));
    const script = holdRelayScript(first.wire, 'before');
    await script.there;
    await first.process.kill('SIGKILL');
    script.let('silence');
    const successor = await it.relay();
    await expect.poll(() => successor.wire.outcomes.length, EVENTUALLY).toBeGreaterThan(0);
    await world.grows(scaled(100));
    await stream.stop();
    await expectAll(it.subscribers, world.appended);
    expectSeamless(successor.wire);
  });

  it('D3 D9 the script of a killed relay is fenced when it arrives after another relay has claimed the partition', async () => {
    await using it = await open();
    const { world, first } = it;
    const stream = await world.load(it.gateway);
    await world.grows(scaled(100));
    const script = holdRelayScript(first.wire, 'before');
    await script.there;
    await first.process.kill('SIGKILL');
    const successor = await it.relay();
    await expect.poll(() => successor.wire.outcomes.length, EVENTUALLY).toBeGreaterThan(0);
    await world.grows(scaled(100));
    await stream.stop();
    await expectAll(it.subscribers, world.appended);
    const before = first.wire.outcomes.length;
    script.let('pass');
    await expect.poll(() => first.wire.outcomes.length, EVENTUALLY).toBeGreaterThan(before);
    expect(new Set(first.wire.outcomes.slice(before).map(({ status }) => status))).toEqual(
      new Set(['FENCED']),
    );
    await world.say(it.gateway);
    await expectAll(it.subscribers, world.appended);
    expectSeamless(successor.wire);
  });

  it('D3 a relay killed after its script, before it committed, is followed by one that repeats nothing', async () => {
    await using it = await open();
    const { world, first } = it;
    const stream = await world.load(it.gateway);
    await world.grows(scaled(100));
    const script = holdRelayScript(first.wire, 'after');
    await script.there;
    await first.process.kill('SIGKILL');
    script.let('silence');
    const successor = await it.relay();
    await expect.poll(() => successor.wire.outcomes.length, EVENTUALLY).toBeGreaterThan(0);
    await world.grows(scaled(100));
    await stream.stop();
    await expectAll(it.subscribers, world.appended);
    expectSeamless(successor.wire);
  });

  it('D3 D9 a relay frozen for longer than its session is fenced when it continues', async () => {
    await using it = await open();
    const { world, first } = it;
    const stream = await world.load(it.gateway);
    await world.grows(scaled(100));
    const script = holdRelayScript(first.wire, 'before');
    await script.there;
    first.process.child.kill('SIGSTOP');
    try {
      const successor = await it.relay();
      await expect.poll(() => successor.wire.outcomes.length, EVENTUALLY).toBeGreaterThan(0);
      await world.grows(scaled(100));
    } finally {
      first.process.child.kill('SIGCONT');
    }
    const before = first.wire.outcomes.length;
    script.let('pass');
    await expect.poll(() => first.wire.outcomes.length, EVENTUALLY).toBeGreaterThan(before);
    expect(first.wire.outcomes[before]).toEqual({ status: 'FENCED', number: 0 });
    await world.grows(scaled(100));
    await stream.stop();
    await expectAll(it.subscribers, world.appended);
    expect(first.process.child.exitCode).toBeNull();
  });

  it('D2 D3 D9 a storm of rebalances, in which relays join, leave and die, loses and duplicates nothing', async () => {
    await using it = await open();
    const { world } = it;
    const stream = await world.load(it.gateway);
    for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
      const guest = await it.relay();
      await expect.poll(() => guest.wire.outcomes.length, EVENTUALLY).toBeGreaterThan(0);
      await world.grows(scaled(60));
      await guest.process.kill(signal);
    }
    await world.grows(scaled(60));
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expectAll(it.subscribers, world.appended);
    expect(it.first.process.child.exitCode).toBeNull();
  });

  it('D3 a relay that loses the answers to its script retries it and writes nothing twice', async () => {
    await using it = await open();
    const { world, first } = it;
    let answers = 0;
    first.wire.judge = (frame, { direction }) => {
      if (direction === 'up' || relayReply(frame) === undefined) return 'pass';
      answers += 1;
      // Most replies are lost with their connection, which shows at once; one is lost in silence, which does not.
      if (answers === 20) return 'silence';
      return answers % 5 === 0 ? 'cut' : 'pass';
    };
    const stream = await world.load(it.gateway);
    await expect.poll(() => answers, EVENTUALLY).toBeGreaterThan(40);
    await stream.stop();
    await expectAll(it.subscribers, world.appended);
    expect(first.wire.outcomes.filter(({ number }) => number > 0).length).toBeGreaterThan(0);
  });
});

/** Holds the next relay script before Redis, or the reply to it after Redis, until `let` decides about it. */
function holdRelayScript(
  wire: RedisWire,
  when: 'before' | 'after',
): { readonly there: Promise<void>; let(verdict: Verdict): void } {
  let arrive = (): void => undefined;
  let go = (_verdict: Verdict): void => undefined;
  const there = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const decided = new Promise<Verdict>((resolve) => {
    go = resolve;
  });
  wire.judge = (frame, { direction }) => {
    const hit =
      when === 'before'
        ? direction === 'up' && isRelayScript(frame)
        : direction === 'down' && relayReply(frame);
    if (!hit) return 'pass';
    wire.judge = () => 'pass';
    arrive();
    return decided;
  };
  return { there, let: (verdict) => go(verdict) };
}

/** The next relay continued exactly after the last one: no gap, no duplicate. */
function expectSeamless(successor: RedisWire): void {
  expect(successor.outcomes.filter(({ status, number }) => status !== 'RELAYED' || number > 0)).toEqual([]);
}
