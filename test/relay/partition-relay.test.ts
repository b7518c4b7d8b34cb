import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { eventId, type Offset, offset } from '../../src/core/ids.js';
import type { TopicIdPartition } from '../../src/core/position.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { openLogger } from '../../src/observe/log.js';
import { PlacementCheck } from '../../src/placement/placement-check.js';
import type { AssignedBatch, GroupHandler } from '../../src/ports/consumer-groups.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { BatchDecoder } from '../../src/relay/batch-decoder.js';
import { PartitionRelay } from '../../src/relay/partition-relay.js';
import { Relay } from '../../src/relay/relay.js';
import { never, RecordingListener, recreated } from '../contract/fanout-tools.js';
import { openWorld, type World } from '../support/world.js';

const SOON = { timeout: 30_000 };
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** The relay of one partition, without the group that feeds it. */
function relayOf(world: World, at: TopicIdPartition, log: EventLog = world.log) {
  const skipped: [Offset, Offset][] = [];
  const relay = new PartitionRelay(at, {
    log,
    fanout: world.fanout,
    metrics: world.metrics,
    windowEvents: 1_000,
    placements: new PlacementCheck({
      log,
      layouts: world.layouts,
      metrics: world.metrics,
      logger: openLogger('silent'),
      announce: async () => undefined,
    }),
    decoder: new BatchDecoder({
      log,
      decoder: new RecordDecoder(world.formats),
      metrics: world.metrics,
      logger: openLogger('silent'),
    }),
    onSkipped: ({ from, to }) => skipped.push([from, to]),
  });
  return { relay, skipped };
}

describe('the relay of a partition', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('D5 starts again with a recreated topic, however far it had relayed the former one', async () => {
    await using world = await openWorld();
    const old = await world.at(0);
    await world.relay();
    await world.say('k', numbers(0, 10));
    await expect.poll(() => world.fanout.newest([old]), SOON).toEqual([{ topicId: old.topicId, last: 9 }]);
    await world.log.recreate(world.topic, 1);
    const at = await world.at(0);
    await world.say('k', numbers(0, 20));
    await expect.poll(() => world.fanout.newest([at]), SOON).toEqual([{ topicId: at.topicId, last: 19 }]);
    expect(await world.fanout.window(at, offset(-1), offset(19))).toHaveLength(20);
    expect(await world.fanout.window(old, offset(-1), offset(9))).toBeUndefined();
  });

  it('D5 ignores a claimed progress of another topic and continues at one of its own topic', async () => {
    await using world = await openWorld();
    await world.say('k', numbers(0, 10));
    const at = await world.at(0);
    const { token } = await world.fanout.claim(at, never);
    await world.fanout.reset(at, token, { topicId: at.topicId, progress: offset(5) });
    expect(await relayOf(world, at).relay.claim(never)).toBe(6);
    expect(await relayOf(world, recreated(at)).relay.claim(never)).toBe(0);
  });

  it('D5 relays what is left after retention has passed its progress, in a way that shows the loss', async () => {
    await using world = await openWorld();
    const heard = new RecordingListener();
    await using _ = await world.fanout.follow(await world.at(0), heard);
    await passProgress(world, heard, { earliest: 8 });
    await world.relay();
    await expect.poll(() => heard.offsets, SOON).toEqual([0, 1, 2, 3, 4, 8, 9]);
    expect(heard.messages.at(-1)).toEqual({ prev: 7, offsets: [8, 9] });
  });

  it('D5 shows that retention has passed its progress even when no event is left', async () => {
    await using world = await openWorld();
    const heard = new RecordingListener();
    await using _ = await world.fanout.follow(await world.at(0), heard);
    await passProgress(world, heard, { earliest: 10 });
    await world.relay();
    await expect.poll(() => heard.beats.at(-1), SOON).toBe(9);
    expect(heard.offsets).toEqual(numbers(0, 5));
  });

  it('D5 skips offsets that retention deletes while the relay catches up, in a way that shows the loss', async () => {
    await using world = await openWorld();
    await world.say('k', numbers(0, 10));
    const at = await world.at(0);
    const bounds = async () => [{ earliest: offset(0), end: offset(10) }];
    const { relay, skipped } = relayOf(world, at, { ...world.log, bounds });
    const [batch] = await batchesOf(world, at);
    if (batch === undefined) throw new Error('nothing to relay');
    await relay.claim(never);
    const heard = new RecordingListener();
    await using _ = await world.fanout.follow(at, heard);
    await relay.relay({ ...batch, records: batch.records.slice(0, 6), last: offset(5) }, never);
    // The fan-out loses its newest writes, as after a failover, and then the log loses the missing events.
    const { token } = await world.fanout.claim(at, never);
    await world.fanout.reset(at, token, { topicId: at.topicId, progress: offset(1) });
    await world.log.retain(at, 4);
    const rest = { ...batch, records: batch.records.slice(6) };
    await expect(relay.relay(rest, never)).rejects.toThrow('Lost the claim');
    await relay.relay(rest, never);
    expect(skipped).toEqual([[2, 4]]);
    expect(heard.messages.slice(1)).toEqual([
      { prev: 3, offsets: [4, 5] },
      { prev: 5, offsets: [6, 7, 8, 9] },
    ]);
  });

  it('D7 sends two beats within 500 ms after the last event, and none while events follow each other', async () => {
    await using world = await openWorld();
    const at = await world.at(0);
    const beats: number[] = [];
    const fanout = {
      claim: async () => ({ token: '1', progress: offset(-1), topicId: at.topicId }),
      relay: async () => ({ status: 'RELAYED' as const, duplicates: 0 }),
      beat: async () => void beats.push(performance.now()),
    };
    let handler: GroupHandler | undefined;
    const join: EventLog['join'] = async (_group, given) => {
      handler = given;
      return { ended: new Promise(() => undefined), [Symbol.asyncDispose]: async () => undefined };
    };
    const bounds = async () => [{ earliest: offset(0), end: offset(10) }];
    const options = { ...world, logger: openLogger('silent'), group: 'relay', windowEvents: 10 };
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    await using _ = await Relay.start(
      { ...options, log: { ...world.log, join, bounds }, fanout: { ...world.fanout, ...fanout } },
      never,
    );
    await handler?.assigned?.(at, never);
    let last = 0;
    for (let n = 0; n < 5; n++) {
      await vi.advanceTimersByTimeAsync(120);
      await handler?.batch(batchOf(at, n));
      last = performance.now();
    }
    expect(beats).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(beats).toHaveLength(2);
    for (const beat of beats) expect(beat - last).toBeLessThan(450);
    expect(Number(beats[1]) - Number(beats[0])).toBeGreaterThan(100);
  });
});

/** Relays the offsets 0 to 4, stops, and lets retention delete up to `earliest` of the offsets 0 to 9. */
async function passProgress(
  world: World,
  heard: RecordingListener,
  { earliest }: { readonly earliest: number },
) {
  const relay = await world.relay();
  await world.say('k', numbers(0, 5));
  await expect.poll(() => heard.offsets, SOON).toEqual(numbers(0, 5));
  await relay[Symbol.asyncDispose]();
  await world.say('k', numbers(5, 10));
  await world.log.retain(await world.at(0), earliest);
}

async function batchesOf(world: World, at: TopicIdPartition) {
  const batches = [];
  for await (const batch of world.log.read({ ...at, from: offset(0) }, never)) batches.push(batch);
  return batches;
}

function batchOf(at: TopicIdPartition, n: number): AssignedBatch {
  const { value, headers } = encodeEvent(at.topic, {
    id: eventId(String(n)),
    source: '/test',
    type: 'Said',
    subject: 'k',
    time: new Date(0).toISOString(),
    data: Buffer.from('{}'),
  });
  return {
    ...at,
    records: [{ offset: offset(n), timestamp: 0, key: 'k', headers, value }],
    last: offset(n),
    end: offset(n + 1),
    signal: never,
    commit: async () => [],
  };
}
