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

/** Records the events and losses that it receives, in order. */
class Listener implements PartitionListener {
  readonly got: (number | string)[] = [];
  readonly losses: EventsLost[] = [];

  onEvents(_at: unknown, events: readonly Relayed[]): void {
    this.got.push(...events.map(numberOf));
  }
  onLost(_at: unknown, loss: EventsLost): void {
    this.losses.push(loss);
    this.got.push(loss.reason);
  }
}

/** The fan-out, and its listeners, so that a test can send messages that the fan-out did not. */
function withListeners(fanout: Fanout) {
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

describe('the hub, when a topic is recreated', () => {
  it('D5 notifies the followers of a recreated topic, and follows the new topic for the next ones', async () => {
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
    // Offsets that the former topic had too, so that offsets alone prove nothing.
    await world.say('k', numbers(100, 103));
    await expect.poll(() => after.got, WAIT).toEqual(numbers(100, 103));
    expect(before.got).toEqual([...numbers(0, 5), 'TOPIC_RECREATED']);
  });

  it('D5 ignores what the fan-out still sends about the former topic', async () => {
    await using world = await openWorld();
    const old = await world.at(0);
    await world.log.recreate(world.topic, 1);
    const listener = new Listener();
    const { over, listeners } = withListeners(world.fanout);
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

  it('D5 asks the log at once when the fan-out sends another topic id', async () => {
    await using world = await openWorld();
    const listener = new Listener();
    const { over, listeners } = withListeners(world.fanout);
    const hub = world.hub(over);
    await hub.follow(await world.at(0), listener);
    await world.log.recreate(world.topic, 1);
    const { topicId } = await world.at(0);
    // The check that runs every second is not a refresh.
    const refresh = vi.spyOn(hub.topics, 'refresh');
    listeners[0]?.relayed(offset(-1), [relayed(0)], topicId);
    await refresh.mock.results[0]?.value;
    expect(listener.got).toEqual(['TOPIC_RECREATED']);
  });

  it('D5 does not return to the former topic when a broker has not learned of the new one yet', async () => {
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

  it('D5 opens a partition again when its topic is recreated while it opens', async () => {
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

describe('the hub, when retention passes a gap', () => {
  it('D5 reports a gap that the log no longer has, then continues with the events that are left', async () => {
    await using world = await openWorld();
    const at = await world.at(0);
    const hub = world.hub();
    const [early, during] = [new Listener(), new Listener()];
    await hub.follow(at, early);
    // The first read of the gap is held back, and meanwhile the log loses the beginning of the gap.
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

  it('D5 is past a loss as soon as it has reported it, so that no replay becomes live just before it', async () => {
    await using world = await openWorld();
    const at = await world.at(0);
    const listener = new Listener();
    const { partition } = await world.hub().follow(at, listener);
    const { read } = world.log;
    vi.spyOn(world.log, 'read').mockImplementationOnce(async function* (range, signal) {
      await world.log.retain(at, 10);
      yield* read(range, signal);
    });
    const positions: number[] = [];
    vi.spyOn(listener, 'onLost').mockImplementation(() => {
      positions.push(partition.reached.offset);
      // After the report, and before the tick that delivers what follows the loss.
      queueMicrotask(() => positions.push(partition.reached.offset));
    });
    await world.say('k', numbers(0, 20));
    await expect.poll(() => listener.got, WAIT).toEqual(numbers(10, 20));
    expect(positions).toEqual([-1, 9]);
  });

  it('D3 reports no loss when the end of the log falls behind for a while', async () => {
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
