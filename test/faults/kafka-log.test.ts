import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type PrivateService, privateKafka } from '../../scripts/services/private.mjs';
import { partitionOfKey } from '../../src/core/partitioner.js';
import { Appended } from '../support/appended.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { Recorder } from '../support/recorder.js';
import { runningSubscriptions } from '../support/running.js';
import { CASE, SOON } from './support/ceiling.js';
import { expectAll, type Judged } from './support/check.js';
import { KafkaAdmin } from './support/kafka-admin.js';
import { logged } from './support/logged.js';
import { Source } from './support/source.js';
import { StuckStream } from './support/stuck-stream.js';
import { FaultWorld, metric } from './support/world.js';
import { Writers } from './support/writers.js';

const SAID_IN = 'subscription($room: ID!, $after: Cursor) { saidIn(room: $room, after: $after) { text } }';
const SINCE = 'subscription($since: DateTime) { said(since: $since) { text } }';
/** The cleaner looks four times a second, and needs little memory; retention is looked at every second anyway. */
const SETTINGS = { 'log.cleaner.backoff.ms': '250', 'log.cleaner.dedupe.buffer.size': '8388608' };
/** A segment for each append from now on, so that what lies before the newest may be compacted, or go. */
const SMALL = { 'segment.ms': '1' };
const COMPACTED = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01' };
/** All that is not in the newest segment goes. */
const SHORT = { ...SMALL, 'retention.bytes': '1' };

/** Whole processes on one broker, whose topics hide and lose what they held. */
describe('what a topic does not hold', { timeout: CASE }, () => {
  let kafka: PrivateService;
  let admin: KafkaAdmin;
  beforeAll(async () => {
    kafka = await privateKafka({ settings: SETTINGS });
    admin = await KafkaAdmin.open(kafka.address);
  }, 240_000);
  afterAll(async () => {
    await admin?.[Symbol.asyncDispose]();
    await kafka?.stop();
  });

  /** A topic, of one partition unless more are asked for, a relay and a gateway. */
  async function open(config: Readonly<Record<string, string>> = {}, partitions = 1) {
    const world = await FaultWorld.open({ kafka: kafka.address });
    await admin.create(world.topic, { partitions, config });
    const relay = await world.relay();
    const gateway = await world.gateway();
    return {
      world,
      relay,
      gateway,
      /** A gateway for which nobody relays: it has every event from the log, and none from Redis. */
      apart: (env: Readonly<Record<string, string>> = {}) =>
        world.gateway({ NAMESPACE: `${world.topic}-apart`, ...env }),
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  }

  it('D2 D4 records of aborted transactions are never shown, and a partition that ends in control records blocks nobody', async () => {
    await using it = await open();
    const { world, gateway } = it;
    const since = new Date().toISOString();
    const witness = await world.subscriber(gateway);
    const live = [witness, await world.subscriber(gateway, { over: 'sse' })];
    await using source = new Source(kafka.address, world.topic, world.appended);
    await source.say(['plain']);
    const [gone, kept, late] = [await source.begin(), await source.begin(), await source.begin()];
    for (let n = 0; n < 10; n++) {
      await gone.say([`gone ${n}`]);
      await kept.say([`kept ${n}`, `kept too ${n}`]);
      await late.say([`late ${n}`]);
    }
    await gone.abort();
    await kept.commit();
    await source.say(['plain again']);
    const hidden = await source.begin();
    await hidden.say(['hidden']);
    await late.abort();
    await hidden.abort();
    await expectAll(live, world.appended);

    // Behind the last event there are only aborted records and markers: who comes now has to get past them.
    const judged: Judged[] = [];
    for (const at of [await world.gateway(), await it.apart()]) {
      for (const { cursor: after, offset } of [first(witness), last(witness)])
        judged.push({ recorder: await world.subscriber(at, { after }), after: new Map([[0, offset]]) });
      judged.push({ recorder: Recorder.overWebSocket('since the beginning', at.url, SINCE, { since }) });
      await runningSubscriptions(at.url, 3);
    }
    await world.say(gateway, 'the last word');
    await expectAll([...live, ...judged], world.appended);
    for (const { recorder } of judged) await recorder[Symbol.asyncDispose]();
  });

  it('D4 D5 a cursor whose event was compacted away resumes with exactly what is left', async () => {
    await using it = await open(COMPACTED);
    const { world, gateway } = it;
    const witness = await world.subscriber(gateway);
    await using writers = new Writers(gateway.url, world.appended, { rooms: 5 });
    await world.grows(100);
    await writers.stop();
    await expectAll([witness], world.appended);
    const held = witness.received[30] ?? first(witness);

    const before = await logged(kafka.address, world.topic);
    const newest = new Map(before.map(({ key, offset }) => [key, offset]));
    await admin.configure(world.topic, { ...COMPACTED, ...SMALL });
    // A record more closes the segment: what it closes is compacted, and it is not.
    const left = async (): Promise<number> => {
      await world.say(gateway, undefined, 'another room');
      const now = await logged(kafka.address, world.topic);
      return now.filter(({ offset }) => offset < before.length).length;
    };
    await expect.poll(left, SOON).toBe(newest.size);
    expect([...newest.values()]).not.toContain(held.offset);

    const resumed = await world.subscriber(await it.apart(), { after: held.cursor });
    await world.say(gateway, 'the last word');
    await expect.poll(() => resumed.received.at(-1)?.text ?? resumed.faults, SOON).toBe('the last word');
    const now = await logged(kafka.address, world.topic);
    expect(resumed.received.map(({ offset }) => offset)).toEqual(
      now.map(({ offset }) => offset).filter((offset) => offset > held.offset),
    );
    await expectAll([witness], world.appended);
  });

  it('D5 a cursor that retention has passed gets RESYNC_REQUIRED, with a cursor after which everything that is left follows', async () => {
    await using it = await open();
    const { world, gateway } = it;
    const witness = await world.subscriber(gateway);
    for (let n = 0; n < 20; n++) await world.say(gateway);
    await expectAll([witness], world.appended);
    const held = first(witness);
    await retentionPasses(world, gateway, last(witness).offset);

    // Where the events are still in the window, nothing is lost.
    const near = {
      recorder: await world.subscriber(gateway, { after: held.cursor }),
      after: new Map([[0, held.offset]]),
    };
    const returned: Recorder[] = [];
    const apart = await it.apart();
    for (const over of ['ws', 'sse'] as const) {
      const told = await refusal(await world.subscriber(apart, { after: held.cursor, over }));
      expect(told).toMatchObject({ code: 'RESYNC_REQUIRED', reason: 'RETENTION' });
      returned.push(await world.subscriber(apart, { after: told.earliest, over }));
    }
    await world.say(gateway, 'the last word');
    const left = await offsetsLeft(world.topic);
    expect(left.length).toBeGreaterThan(1);
    for (const recorder of returned) {
      await expect.poll(() => recorder.received.map(({ offset }) => offset), SOON).toEqual(left);
      expect(recorder.faults).toEqual([]);
    }
    await expectAll([witness, near], world.appended);
  });

  it('D5 live subscribers get RESYNC_REQUIRED when retention passes a stopped relay, and the next relay continues', async () => {
    await using it = await open();
    const { world, gateway, relay } = it;
    const live = [await world.subscriber(gateway), await world.subscriber(gateway, { over: 'sse' })];
    for (let n = 0; n < 20; n++) await world.say(gateway);
    await expectAll(live, world.appended);
    const reached = last(live[0]).offset;
    await relay.kill('SIGTERM');
    for (let n = 0; n < 20; n++) await world.say(gateway);
    await retentionPasses(world, gateway, reached + 2);

    const heir = await world.relay();
    const returned: Recorder[] = [];
    for (const recorder of live) {
      const told = await refusal(recorder);
      expect(told).toMatchObject({ code: 'RESYNC_REQUIRED', reason: 'RETENTION' });
      expect(last(recorder).offset).toBe(reached);
      returned.push(await world.subscriber(gateway, { after: told.earliest }));
    }
    const anew = await world.subscriber(gateway);
    await world.say(gateway, 'the last word');
    const left = await offsetsLeft(world.topic);
    for (const recorder of returned) {
      await expect.poll(() => recorder.received.map(({ offset }) => offset), SOON).toEqual(left);
      expect(recorder.faults).toEqual([]);
    }
    await expect.poll(() => anew.received.at(-1)?.text, SOON).toBe('the last word');
    await expect.poll(() => admin.lag(world.group, world.topic), SOON).toBe(0);
    expect(heir.child.exitCode).toBeNull();
  });

  it('D5 subscribers and cursors of a topic that is deleted and recreated get RESYNC_REQUIRED, and the new topic works at once', async () => {
    await using it = await open();
    const { world, gateway, relay } = it;
    const live = [await world.subscriber(gateway), await world.subscriber(gateway, { over: 'sse' })];
    for (let n = 0; n < 20; n++) await world.say(gateway);
    await expectAll(live, world.appended);
    const held = first(live[0]);
    await admin.remove(world.topic);
    await expect.poll(() => admin.create(world.topic).then(() => 'created', String), SOON).toBe('created');

    const returned: Recorder[] = [];
    const resume = async (at: GatewayProcess, recorder: Recorder): Promise<void> => {
      const told = await refusal(recorder);
      expect(told).toMatchObject({ code: 'RESYNC_REQUIRED', reason: 'TOPIC_RECREATED' });
      returned.push(await world.subscriber(at, { after: told.earliest }));
    };
    for (const recorder of live) await resume(gateway, recorder);
    for (const at of [gateway, await world.gateway()])
      await resume(at, await world.subscriber(at, { after: held.cursor }));
    const anew = await world.subscriber(gateway);
    const said = new Appended();
    for (let n = 0; n < 10; n++) said.accept(await world.say(gateway));
    await expectAll([...returned, anew], said);
    await expect.poll(() => admin.lag(world.group, world.topic), SOON).toBe(0);
    expect([relay, gateway].map(({ child }) => child.exitCode)).toEqual([null, null]);
  });

  it('D5 D8 a replay that its client holds up ends with RESYNC_REQUIRED when retention passes it, and skips nothing', async () => {
    await using it = await open();
    const { world, gateway } = it;
    const since = new Date().toISOString();
    await using source = new Source(kafka.address, world.topic, world.appended);
    const count = 400;
    for (let n = 0; n < count; n += 8)
      await source.say(Array.from({ length: 8 }, (_, i) => `no. ${n + i} ${'.'.repeat(100_000)}`));
    const apart = await it.apart({ SLOW_BYTES: '65536' });
    await using stuck = await StuckStream.open(apart.url, SINCE, { since });
    await expect.poll(() => metric(apart.url, 'millrace_deliveries_total'), SOON).toBeGreaterThan(0);

    await retentionPasses(world, gateway, count);
    const delivered = await metric(apart.url, 'millrace_deliveries_total');
    expect(delivered).toBeLessThan(count);
    const { offsets, errors } = await stuck.rest();
    expect(offsets).toEqual(offsets.map((_, i) => i));
    expect(offsets.length).toBeLessThan(count);
    expect(errors).toMatchObject([{ code: 'RESYNC_REQUIRED', reason: 'RETENTION' }]);
    const [told] = z.array(Told).parse(errors);
    const returned = await world.subscriber(apart, { after: told?.earliest ?? '' });
    await world.say(gateway, 'the last word');
    const left = await offsetsLeft(world.topic);
    await expect.poll(() => returned.received.map(({ offset }) => offset), SOON).toEqual(left);
  });

  it('D2 D3 D4 partitions that are added while events are published are followed, moved keys included, and earlier cursors resume', async () => {
    await using it = await open({}, 2);
    const { world, gateway } = it;
    const rooms = Array.from({ length: 12 }, (_, i) => `room-${i}`);
    const moves = (room: string) => partitionOfKey(room, 2) !== partitionOfKey(room, 5);
    const chosen = [...rooms.filter(moves).slice(0, 2), ...rooms.filter((room) => !moves(room)).slice(0, 1)];
    expect(chosen.map(moves)).toEqual([true, true, false]);
    const everything = [await world.subscriber(gateway), await world.subscriber(gateway, { over: 'sse' })];
    const before = chosen.map((room) => inRoom(room, gateway));
    await runningSubscriptions(gateway.url, everything.length + before.length);

    await using writers = new Writers(gateway.url, world.appended, { rooms: rooms.length });
    await world.grows(100);
    await expect
      .poll(() => Math.min(...before.map(({ received }) => received.length)), SOON)
      .toBeGreaterThan(1);
    const place = placeOf(everything[0]);
    const places = before.map(placeOf);
    await admin.grow(world.topic, 5);
    const added = () => [...world.appended.newest.keys()].filter((number) => number >= 2).length;
    await expect.poll(added, SOON).toBe(3);
    await world.grows(60);

    const second = await world.gateway();
    const resumed: Judged = {
      recorder: await world.subscriber(second, { after: place.cursor }),
      after: place.at,
    };
    const resumedIn = chosen.map((room, i): Judged => {
      const { cursor, at } = places[i] ?? place;
      return { recorder: inRoom(room, second, cursor), after: at };
    });
    await world.grows(60);
    await writers.stop();
    expect(writers.refused).toEqual([]);
    await expectAll([...everything, resumed], world.appended);
    for (const [i, room] of chosen.entries()) {
      const said = new Appended();
      for (const event of writers.accepted.get(room) ?? []) said.accept(event);
      expect(said.newest.size).toBe(moves(room) ? 2 : 1);
      await expectAll(
        [before[i], resumedIn[i]].flatMap((one) => one ?? []),
        said,
      );
    }
    for (const recorder of [...before, ...resumedIn.map((one) => one.recorder)])
      await recorder[Symbol.asyncDispose]();
  });

  /** Until nothing is left but what was said last, at `offset` or later. Then what is said is kept again. */
  async function retentionPasses(world: FaultWorld, gateway: GatewayProcess, offset: number): Promise<void> {
    await admin.configure(world.topic, SHORT);
    const bounds = async () => (await admin.bounds(world.topic))[0] ?? { earliest: -1, end: -1 };
    const earliest = async (): Promise<number> => {
      await world.say(gateway);
      return (await bounds()).earliest;
    };
    await expect.poll(earliest, SOON).toBeGreaterThanOrEqual(offset);
    const left = async (): Promise<number> => {
      const { earliest: first, end } = await bounds();
      return end - first;
    };
    await expect.poll(left, SOON).toBe(1);
    await admin.configure(world.topic, {});
  }

  const offsetsLeft = async (topic: string): Promise<readonly number[]> =>
    (await logged(kafka.address, topic)).map(({ offset }) => offset);
});

function first(recorder: Recorder | undefined) {
  const one = recorder?.received[0];
  if (one === undefined) throw new Error('Nothing was received');
  return one;
}

/** A subscriber to one room, which resumes. */
function inRoom(room: string, { url }: GatewayProcess, after?: string): Recorder {
  const options = { variables: { room }, ...(after === undefined ? {} : { after }) };
  return Recorder.resuming(`${room} ${after === undefined ? '' : 'again'}`, () => url, SAID_IN, options);
}

/** Where a subscriber stands: its newest cursor, and the offsets that it has reached. */
function placeOf(recorder: Recorder | undefined) {
  const received = [...(recorder?.received ?? [])];
  const cursor = received.at(-1)?.cursor;
  if (cursor === undefined) throw new Error('Nothing was received');
  return { cursor, at: new Map(received.map(({ partition, offset }) => [partition, offset])) };
}

function last(recorder: Recorder | undefined) {
  const one = recorder?.received.at(-1);
  if (one === undefined) throw new Error('Nothing was received');
  return one;
}

/** What RESYNC_REQUIRED says beside its message. */
const Told = z.object({ code: z.string(), reason: z.string(), earliest: z.string().min(20) });
const Refusal = z.tuple([z.object({ extensions: Told })]);

/** What a subscriber was ended with: once it is, and never for another reason. */
async function refusal({ faults }: Recorder): Promise<z.output<typeof Told>> {
  await expect.poll(() => faults.length, SOON).toBe(1);
  const [, errors] = /^error (.*)$/s.exec(String(faults[0])) ?? [];
  return Refusal.parse(JSON.parse(errors ?? 'null'))[0].extensions;
}
