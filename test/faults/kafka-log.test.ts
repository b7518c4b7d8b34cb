import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type PrivateService, privateKafka } from '../../scripts/services/private.mjs';
import { partitionOfKey } from '../../src/core/partitioner.js';
import { Appended } from '../support/appended.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { Recorder } from '../support/recorder.js';
import { runningSubscriptions } from '../support/running.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll, type Judged } from './support/check.js';
import { ForeignProducer } from './support/foreign-producer.js';
import { KafkaAdmin } from './support/kafka-admin.js';
import { first, last, positionOf } from './support/received.js';
import { ResyncError, resyncError } from './support/resync-error.js';
import { retentionPasses, SMALL_SEGMENTS } from './support/retention.js';
import { storedEvents, storedOffsets } from './support/stored-events.js';
import { StuckStream } from './support/stuck-stream.js';
import { FaultWorld, metric } from './support/world.js';
import { Writers } from './support/writers.js';

const SAID_IN = 'subscription($room: ID!, $after: Cursor) { saidIn(room: $room, after: $after) { text } }';
const SINCE = 'subscription($since: DateTime) { said(since: $since) { text } }';
/** The log cleaner runs four times a second with little memory. Retention is checked every second anyway. */
const SETTINGS = { 'log.cleaner.backoff.ms': '250', 'log.cleaner.dedupe.buffer.size': '8388608' };
const COMPACTED = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01' };

/** Topics on one broker that hide records (aborted), lose them (compaction, retention), are recreated or grow. */
describe('the log in Kafka', { timeout: CASE_TIMEOUT }, () => {
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

  /** A topic, by default of one partition, with a relay and a gateway. */
  async function open(config: Readonly<Record<string, string>> = {}, partitions = 1) {
    const world = await FaultWorld.open({ kafka: kafka.address });
    await admin.create(world.topic, { partitions, config });
    const relay = await world.relay();
    const gateway = await world.gateway();
    return {
      world,
      relay,
      gateway,
      /** A gateway without a relay: it gets every event from the log, and none from Redis. */
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
    await using source = new ForeignProducer(kafka.address, world.topic, world.appended);
    await source.append(['plain']);
    const [gone, kept, late] = [await source.begin(), await source.begin(), await source.begin()];
    for (let n = 0; n < 10; n++) {
      await gone.append([`gone ${n}`]);
      await kept.append([`kept ${n}`, `kept too ${n}`]);
      await late.append([`late ${n}`]);
    }
    await gone.abort();
    await kept.commit();
    await source.append(['plain again']);
    const hidden = await source.begin();
    await hidden.append(['hidden']);
    await late.abort();
    await hidden.abort();
    await expectAll(live, world.appended);

    // After the last event there are only aborted records and control records, which new subscribers must get past.
    const judged: Judged[] = [];
    for (const at of [await world.gateway(), await it.apart()]) {
      for (const { cursor: after, offset } of [first(witness), last(witness)])
        judged.push({ recorder: await world.subscriber(at, { after }), after: new Map([[0, offset]]) });
      judged.push({ recorder: Recorder.overWebSocket('since the beginning', at.url, SINCE, { since }) });
      await runningSubscriptions(at.url, 3);
    }
    await world.say(gateway, 'the last event');
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

    const before = await storedEvents(kafka.address, world.topic);
    const newest = new Map(before.map(({ key, offset }) => [key, offset]));
    await admin.configure(world.topic, { ...COMPACTED, ...SMALL_SEGMENTS });
    // One more record closes the segment, which is then compacted. Each has a room of its own, so that the cleaner, which
    // keeps running, never removes one of them between the replay and the comparison below.
    let closers = 0;
    const left = async (): Promise<number> => {
      await world.say(gateway, undefined, `closer-${closers++}`);
      const now = await storedEvents(kafka.address, world.topic);
      return now.filter(({ offset }) => offset < before.length).length;
    };
    await expect.poll(left, EVENTUALLY).toBe(newest.size);
    expect([...newest.values()]).not.toContain(held.offset);

    const resumed = await world.subscriber(await it.apart(), { after: held.cursor });
    await world.say(gateway, 'the last event', 'the last room');
    await expect
      .poll(() => resumed.received.at(-1)?.text ?? resumed.faults, EVENTUALLY)
      .toBe('the last event');
    const now = await storedEvents(kafka.address, world.topic);
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
    await retentionPasses(admin, world, gateway, last(witness).offset);

    // A gateway that still has the events in the window loses nothing.
    const near = {
      recorder: await world.subscriber(gateway, { after: held.cursor }),
      after: new Map([[0, held.offset]]),
    };
    const returned: Recorder[] = [];
    const apart = await it.apart();
    for (const over of ['ws', 'sse'] as const) {
      const error = await resyncError(await world.subscriber(apart, { after: held.cursor, over }));
      expect(error).toMatchObject({ code: 'RESYNC_REQUIRED', reason: 'RETENTION' });
      returned.push(await world.subscriber(apart, { after: error.earliest, over }));
    }
    await world.say(gateway, 'the last event');
    const left = await storedOffsets(kafka.address, world.topic);
    expect(left.length).toBeGreaterThan(1);
    for (const recorder of returned) {
      await expect.poll(() => recorder.received.map(({ offset }) => offset), EVENTUALLY).toEqual(left);
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
    await retentionPasses(admin, world, gateway, reached + 2);

    const successor = await world.relay();
    const returned: Recorder[] = [];
    for (const recorder of live) {
      const error = await resyncError(recorder);
      expect(error).toMatchObject({ code: 'RESYNC_REQUIRED', reason: 'RETENTION' });
      expect(last(recorder).offset).toBe(reached);
      returned.push(await world.subscriber(gateway, { after: error.earliest }));
    }
    const latecomer = await world.subscriber(gateway);
    await world.say(gateway, 'the last event');
    const left = await storedOffsets(kafka.address, world.topic);
    for (const recorder of returned) {
      await expect.poll(() => recorder.received.map(({ offset }) => offset), EVENTUALLY).toEqual(left);
      expect(recorder.faults).toEqual([]);
    }
    await expect.poll(() => latecomer.received.at(-1)?.text, EVENTUALLY).toBe('the last event');
    await expect.poll(() => admin.lag(world.group, world.topic), EVENTUALLY).toBe(0);
    expect(successor.child.exitCode).toBeNull();
  });

  it('D5 subscribers and cursors of a topic that is deleted and recreated get RESYNC_REQUIRED, and the new topic works at once', async () => {
    await using it = await open();
    const { world, gateway, relay } = it;
    const live = [await world.subscriber(gateway), await world.subscriber(gateway, { over: 'sse' })];
    for (let n = 0; n < 20; n++) await world.say(gateway);
    await expectAll(live, world.appended);
    const held = first(live[0]);
    await admin.remove(world.topic);
    await expect
      .poll(() => admin.create(world.topic).then(() => 'created', String), EVENTUALLY)
      .toBe('created');

    const returned: Recorder[] = [];
    const resume = async (at: GatewayProcess, recorder: Recorder): Promise<void> => {
      const error = await resyncError(recorder);
      expect(error).toMatchObject({ code: 'RESYNC_REQUIRED', reason: 'TOPIC_RECREATED' });
      returned.push(await world.subscriber(at, { after: error.earliest }));
    };
    for (const recorder of live) await resume(gateway, recorder);
    for (const at of [gateway, await world.gateway()])
      await resume(at, await world.subscriber(at, { after: held.cursor }));
    const latecomer = await world.subscriber(gateway);
    const published = new Appended();
    for (let n = 0; n < 10; n++) published.accept(await world.say(gateway));
    await expectAll([...returned, latecomer], published);
    await expect.poll(() => admin.lag(world.group, world.topic), EVENTUALLY).toBe(0);
    expect([relay, gateway].map(({ child }) => child.exitCode)).toEqual([null, null]);
  });

  it('D5 D8 a replay that its client holds up ends with RESYNC_REQUIRED when retention passes it, and skips nothing', async () => {
    await using it = await open();
    const { world, gateway } = it;
    const since = new Date().toISOString();
    await using source = new ForeignProducer(kafka.address, world.topic, world.appended);
    const count = 400;
    for (let n = 0; n < count; n += 8)
      await source.append(Array.from({ length: 8 }, (_, i) => `no. ${n + i} ${'.'.repeat(100_000)}`));
    const apart = await it.apart({ SLOW_BYTES: '65536' });
    await using stuck = await StuckStream.open(apart.url, SINCE, { since });
    await expect.poll(() => metric(apart.url, 'millrace_deliveries_total'), EVENTUALLY).toBeGreaterThan(0);

    await retentionPasses(admin, world, gateway, count);
    const delivered = await metric(apart.url, 'millrace_deliveries_total');
    expect(delivered).toBeLessThan(count);
    const { offsets, errors } = await stuck.rest();
    expect(offsets).toEqual(offsets.map((_, i) => i));
    expect(offsets.length).toBeLessThan(count);
    expect(errors).toMatchObject([{ code: 'RESYNC_REQUIRED', reason: 'RETENTION' }]);
    const [error] = z.array(ResyncError).parse(errors);
    const returned = await world.subscriber(apart, { after: error?.earliest ?? '' });
    await world.say(gateway, 'the last event');
    const left = await storedOffsets(kafka.address, world.topic);
    await expect.poll(() => returned.received.map(({ offset }) => offset), EVENTUALLY).toEqual(left);
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
      .poll(() => Math.min(...before.map(({ received }) => received.length)), EVENTUALLY)
      .toBeGreaterThan(1);
    const position = positionOf(everything[0]);
    const positions = before.map(positionOf);
    await admin.grow(world.topic, 5);
    const added = () => [...world.appended.newest.keys()].filter((number) => number >= 2).length;
    await expect.poll(added, EVENTUALLY).toBe(3);
    await world.grows(60);

    const second = await world.gateway();
    const resumed: Judged = {
      recorder: await world.subscriber(second, { after: position.cursor }),
      after: position.at,
    };
    const resumedIn = chosen.map((room, i): Judged => {
      const { cursor, at } = positions[i] ?? position;
      return { recorder: inRoom(room, second, cursor), after: at };
    });
    await world.grows(60);
    await writers.stop();
    expect(writers.refused).toEqual([]);
    await expectAll([...everything, resumed], world.appended);
    for (const [i, room] of chosen.entries()) {
      const published = new Appended();
      for (const event of writers.accepted.get(room) ?? []) published.accept(event);
      expect(published.newest.size).toBe(moves(room) ? 2 : 1);
      await expectAll(
        [before[i], resumedIn[i]].flatMap((one) => one ?? []),
        published,
      );
    }
    for (const recorder of [...before, ...resumedIn.map((one) => one.recorder)])
      await recorder[Symbol.asyncDispose]();
  });
});

/** A subscriber to one room, which resumes when it is disconnected. */
function inRoom(room: string, { url }: GatewayProcess, after?: string): Recorder {
  const options = { variables: { room }, ...(after === undefined ? {} : { after }) };
  return Recorder.resuming(`${room} ${after === undefined ? '' : 'again'}`, () => url, SAID_IN, options);
}
