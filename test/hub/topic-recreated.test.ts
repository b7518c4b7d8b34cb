import { describe, expect, it, vi } from 'vitest';
import type { Relayed } from '../../src/core/event.js';
import { offset } from '../../src/core/ids.js';
import type { EventsLost } from '../../src/hub/events-lost.js';
import type { PartitionListener } from '../../src/hub/partition-listener.js';
import { OffsetOutOfRange } from '../../src/ports/event-log.js';
import type { Fanout, FanoutListener } from '../../src/ports/fanout.js';
import { relayed } from '../contract/fanout-tools.js';
import { openWorld } from '../support/world.js';

const WAIT = { timeout: 30_000 };
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const numberOf = ({ event }: Relayed): number => JSON.parse(event.data?.toString() ?? '{}').n;

/** What it was given and told, in one row. */
class Listener implements PartitionListener {
  readonly got: (number | string)[] = [];
  readonly losses: EventsLost[] = [];

  events(_at: unknown, events: readonly Relayed[]): void {
    this.got.push(...events.map(numberOf));
  }
  lost(_at: unknown, loss: EventsLost): void {
    this.losses.push(loss);
    this.got.push(loss.reason);
  }
}

/** The fan-out, and a way to say what it did not say. */
function overheard(fanout: Fanout) {
  const listeners: FanoutListener[] = [];
  const follow: Fanout['follow'] = (at, listener) => {
    listeners.push(listener);
    return fanout.follow(at, listener);
  };
  const over = new Proxy(fanout, {
    get(target, name) {
      if (name === 'follow') return follow;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { over, listeners };
}

describe('a topic made anew, as the hub sees it', () => {
  it('D5 tells those who follow it, and follows the new one for whoever comes next', async () => {
    await using world = await openWorld();
    await world.relay();
    const hub = world.hub();
    const [before, after] = [new Listener(), new Listener()];
    const { partition: old } = await hub.follow(await world.at(0), before);
    await world.say('k', numbers(0, 5));
    await expect.poll(() => before.got, WAIT).toEqual(numbers(0, 5));
    await world.log.recreate(world.topic, 1);
    await expect.poll(() => before.got.at(-1), WAIT).toBe('TOPIC_RECREATED');
    await expect(old.read(offset(4))).rejects.toBe(old.endedBy);
    const { partition: now } = await hub.follow(await world.at(0), after);
    expect(now.at.topicId).toBe((await world.at(0)).topicId);
    // As many as there were before, so that offsets alone tell nothing.
    await world.say('k', numbers(100, 103));
    await expect.poll(() => after.got, WAIT).toEqual(numbers(100, 103));
    expect(before.got).toEqual([...numbers(0, 5), 'TOPIC_RECREATED']);
  });

  it('D5 what the fan-out still says of the topic before disturbs nobody', async () => {
    await using world = await openWorld();
    const old = await world.at(0);
    await world.log.recreate(world.topic, 1);
    const listener = new Listener();
    const { over, listeners } = overheard(world.fanout);
    const hub = world.hub(over);
    const refresh = vi.spyOn(hub.topics, 'refresh');
    const { partition } = await hub.follow(await world.at(0), listener);
    const asked = refresh.mock.calls.length;
    listeners[0]?.relayed(offset(-1), [relayed(0)], old.topicId);
    listeners[0]?.beat({ topicId: old.topicId, last: offset(7) });
    expect(refresh.mock.calls.length - asked).toBe(2);
    await Promise.all(refresh.mock.results.map(({ value }) => value));
    await world.say('k', [1]);
    await world.relay();
    await expect.poll(() => listener.got, WAIT).toEqual([1]);
    expect(partition.endedBy).toBeUndefined();
    expect((await world.metrics.gaps.get()).values).toEqual([]);
  });

  it('D5 what the fan-out says of a new topic has the log asked at once', async () => {
    await using world = await openWorld();
    const listener = new Listener();
    const { over, listeners } = overheard(world.fanout);
    const hub = world.hub(over);
    await hub.follow(await world.at(0), listener);
    await world.log.recreate(world.topic, 1);
    const { topicId } = await world.at(0);
    // The look that is made each second is no refresh.
    const refresh = vi.spyOn(hub.topics, 'refresh');
    listeners[0]?.relayed(offset(-1), [relayed(0)], topicId);
    await refresh.mock.results[0]?.value;
    expect(listener.got).toEqual(['TOPIC_RECREATED']);
  });

  it('D5 a broker that has not heard of the new topic yet does not bring the old one back', async () => {
    await using world = await openWorld();
    const listener = new Listener();
    const hub = world.hub();
    await hub.follow(await world.at(0), listener);
    const stale = await world.log.describe([world.topic], AbortSignal.timeout(30_000));
    await world.log.recreate(world.topic, 1);
    await hub.topics.refresh(world.topic);
    const { topicId } = await world.at(0);
    vi.spyOn(world.log, 'describe').mockResolvedValueOnce(stale);
    await hub.topics.refresh(world.topic);
    expect(hub.topics.last(world.topic)?.id).toBe(topicId);
    expect(listener.got).toEqual(['TOPIC_RECREATED']);
  });

  it('D5 a topic made anew just as it is opened is opened anew', async () => {
    await using world = await openWorld();
    const { follow } = world.fanout;
    const hub = world.hub();
    vi.spyOn(world.fanout, 'follow').mockImplementationOnce(async (at, listener) => {
      await world.log.recreate(world.topic, 1);
      await hub.topics.refresh(world.topic);
      return follow.call(world.fanout, at, listener);
    });
    const listener = new Listener();
    const { partition } = await hub.follow(await world.at(0), listener);
    expect(partition.at.topicId).toBe((await world.at(0)).topicId);
    await world.say('k', [1]);
    await world.relay();
    await expect.poll(() => listener.got, WAIT).toEqual([1]);
  });
});

describe('retention, as the hub sees it', () => {
  it('D5 a gap that the log no longer has is told, and the partition goes on with what is still there', async () => {
    await using world = await openWorld();
    const at = await world.at(0);
    const hub = world.hub();
    const [early, during] = [new Listener(), new Listener()];
    await hub.follow(at, early);
    // The first read of the gap takes its time, and meanwhile the log loses the beginning of it.
    const { read } = world.log;
    const reading = new Promise<void>((begun) => {
      vi.spyOn(world.log, 'read').mockImplementationOnce(async function* (range, signal) {
        begun();
        await joined;
        yield* read(range, signal);
      });
    });
    let join = (): void => undefined;
    const joined = new Promise<void>((resolve) => {
      join = resolve;
    });
    await world.say('k', numbers(0, 20));
    await reading;
    await hub.follow(at, during);
    await world.log.retain(at, 10);
    join();
    const rest = ['RETENTION', ...numbers(10, 20)];
    await expect.poll(() => early.got, WAIT).toEqual(rest);
    expect(during.got).toEqual(rest);
    expect(early.losses[0]?.earliest).toEqual(new Map([[0, 10]]));
    const late = new Listener();
    const { partition } = await hub.follow(at, late);
    expect((await partition.read(offset(9))).events.map(numberOf)).toEqual(numbers(10, 20));
    await expect(partition.read(offset(5))).rejects.toMatchObject({ reason: 'RETENTION' });
    await world.say('k', [20]);
    await expect.poll(() => late.got, WAIT).toEqual([20]);
  });

  it('D3 a log whose end falls behind for a while is no loss', async () => {
    await using world = await openWorld();
    const at = await world.at(0);
    const listener = new Listener();
    await world.hub().follow(at, listener);
    vi.spyOn(world.log, 'read').mockImplementationOnce(() => {
      throw new OffsetOutOfRange({ ...at, offset: offset(3) }, { earliest: offset(0), end: offset(2) });
    });
    await world.say('k', numbers(0, 6));
    await expect.poll(() => listener.got, WAIT).toEqual(numbers(0, 6));
    expect(listener.losses).toEqual([]);
  });
});
