import { parse } from 'graphql';
import { type Admin, Kafka } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { openRedisFanout } from '../../src/adapters/redis/fanout.js';
import { redisAt } from '../../src/adapters/redis/server.js';
import { CursorCodec } from '../../src/core/cursor.js';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { eventId, offset, partition, topic } from '../../src/core/ids.js';
import type { TopicFormat } from '../../src/core/topic-format.js';
import { DeadLetters } from '../../src/dead-letters/dead-letters.js';
import { Hub } from '../../src/hub/hub.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import type { AssignedBatch } from '../../src/ports/consumer-groups.js';
import { TopicRecreated } from '../../src/ports/event-log.js';
import { Relay } from '../../src/relay/relay.js';
import { Subscriptions } from '../../src/subscribe/subscriptions.js';
import { bound } from '../binding/schema.js';
import { numbered, Recorder, readRecords, record, soon } from '../contract/event-log-tools.js';
import { Client } from '../subscribe/stage.js';
import { memoryLayouts } from '../support/layouts.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';

const WAIT = { timeout: 60_000, interval: 50 };
/** Well below the age at which metadata of a topic is refreshed. */
const QUICK = { timeout: 30_000, interval: 50 };
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const sorted = (client: Client): unknown[] => [...client.numbers].sort((a, b) => Number(a) - Number(b));
const P0 = partition(0);

describe('topics that are recreated, lose their beginning and grow, in Kafka and over Redis', {
  timeout: 180_000,
}, () => {
  let admin: Admin;
  beforeAll(async () => {
    admin = new Kafka({ brokers: kafkaBrokers(), logLevel: 0 }).admin();
    await admin.connect();
  });
  afterAll(() => admin?.disconnect());

  async function openWorld(partitions: number) {
    const name = topic(uniqueName('life'));
    const made: AsyncDisposable[] = [];
    const use = <T extends AsyncDisposable>(part: T): T => {
      made.push(part);
      return part;
    };
    const problems: string[] = [];
    const onProblem = ({ message }: { message: string }): void => void problems.push(message);
    const log = use(await openKafkaLog({ brokers: kafkaBrokers(), clientId: 'life', onProblem }, soon()));
    const create = () =>
      log.ensureTopics([{ topic: name, partitions, replicas: 1, config: {} }], { create: true }, soon());
    await create();
    const fanout = use(
      await openRedisFanout({ server: redisAt(redisUrl()), prefix: name, windowEvents: 100 }),
    );
    const [metrics, logger] = [new Metrics(), openLogger('silent')];
    const formats = new Map<typeof name, TopicFormat>([[name, { kind: 'CLOUDEVENTS' }]]);
    const layouts = memoryLayouts(formats, log);
    const ring = { events: 100, bytes: 1 << 20 };
    const hub = use(new Hub({ log, fanout, formats, layouts, metrics, logger, ring, lingerMs: 1_000 }));
    const bindings = bound(`
      type Query { ok: Boolean }
      type Subscription { said: Said @subscribe(topic: "${name}") }
      type Said { n: Int! }`);
    const codec = new CursorCodec(['secret']);
    const deadLetters = use(new DeadLetters({ log, metrics, logger }));
    const subscriptions = new Subscriptions({ bindings, hub, codec, metrics, logger, deadLetters });
    return {
      log,
      problems,
      topic: name,
      relay: async () => {
        const options = { log, fanout, metrics, logger, formats, layouts, group: name, windowEvents: 100 };
        return use(await Relay.start(options, soon()));
      },
      say: (all: readonly number[]) =>
        log.append(
          all.map((n) =>
            encodeEvent(name, {
              id: eventId(`${n}-${Math.random()}`),
              source: '/test',
              type: 'Said',
              subject: `k${n}`,
              time: new Date().toISOString(),
              data: Buffer.from(JSON.stringify({ n })),
            }),
          ),
          soon(),
        ),
      subscribe: (after?: string): Client => {
        const client = new Client();
        const document = parse(`subscription { it: said${after ? `(after: "${after}")` : ''} { n } }`);
        const request = {
          document,
          operationName: undefined,
          variables: {},
          identity: { claims: {}, expiresAt: undefined },
        };
        client.running = subscriptions.start(request, undefined, client);
        return client;
      },
      live: async () => (await metrics.live.get()).values[0]?.value ?? 0,
      recreate: async () => {
        await admin.deleteTopics({ topics: [name] });
        await expect.poll(async () => (await log.describe([name], soon())).size, WAIT).toBe(0);
        await create();
      },
      [Symbol.asyncDispose]: async () => {
        for (const part of made.reverse()) await part[Symbol.asyncDispose]();
      },
    };
  }

  /** Waits for the error, and @returns the earliest cursor that it offers. */
  async function resynced(client: Client, reason: string): Promise<string> {
    await expect
      .poll(() => client.errors[0]?.extensions, WAIT)
      .toMatchObject({ code: 'RESYNC_REQUIRED', reason, earliest: expect.any(String) });
    return String(client.errors[0]?.extensions?.['earliest']);
  }

  it('D5 a topic that is recreated while it is followed and relayed ends its subscriptions and cursors with RESYNC_REQUIRED', async () => {
    await using world = await openWorld(2);
    await world.relay();
    const client = world.subscribe();
    await expect.poll(world.live, WAIT).toBe(1);
    await world.say(numbers(0, 20));
    await expect.poll(() => sorted(client), WAIT).toEqual(numbers(0, 20));
    const [held] = client.cursors;
    await world.recreate();
    // More events than the old topic had, so no offset looks wrong.
    await world.say(numbers(100, 160));
    const earliest = await resynced(client, 'TOPIC_RECREATED');
    expect(client.numbers).toHaveLength(20);
    const resumed = world.subscribe(earliest);
    await expect.poll(() => sorted(resumed), WAIT).toEqual(numbers(100, 160));
    const refused = world.subscribe(held);
    expect(await resynced(refused, 'TOPIC_RECREATED')).not.toBe('');
    // The same relay and the same node continue.
    await expect.poll(world.live, WAIT).toBe(1);
    await world.say(numbers(160, 170));
    await expect.poll(() => sorted(resumed), WAIT).toEqual(numbers(100, 170));
  });

  it('D5 a group starts at the beginning of a recreated topic, whatever it had committed', async () => {
    await using world = await openWorld(1);
    const group = uniqueName('life');
    const recorder = new Recorder((batch: AssignedBatch) => batch.commit());
    await using _ = await world.log.join({ group, topics: [world.topic] }, recorder, soon());
    await world.log.append(numbered(world.topic, 10), soon());
    await expect.poll(() => recorder.handled.length, WAIT).toBe(10);
    const before = (await world.log.describe([world.topic], soon())).get(world.topic)?.id;
    await world.recreate();
    const renewed = numbers(0, 30).map((n) => record(world.topic, 'k', `new ${n}`));
    await world.log.append(renewed, soon());
    await expect.poll(() => recorder.handled.length, WAIT).toBe(40);
    expect(recorder.values().slice(10)).toEqual(numbers(0, 30).map((n) => `new ${n}`));
    expect(recorder.topicIds[0]).toBe(before);
    expect(recorder.topicIds.at(-1)).not.toBe(before);
    const stale = { topic: world.topic, topicId: before, partition: P0, from: offset(0) };
    const read = async () => {
      for await (const _batch of world.log.read(stale, soon())) throw new Error('read from another topic');
    };
    await expect(read()).rejects.toThrow(TopicRecreated);
    expect(await readRecords(world.log, { topic: world.topic, partition: P0 })).toHaveLength(30);
  });

  it('D5 an offset that was committed in an earlier topic of the same name does not count', async () => {
    await using world = await openWorld(1);
    const group = uniqueName('life');
    const at = { topic: world.topic, partition: P0 };
    await world.log.append(numbered(world.topic, 10), soon());
    // As if a broker had not learned of the deletion yet, or accepted a late commit.
    const metadata = 'topic=AAAAAAAAAAAAAAAAAAAAAQ';
    const commits = new Kafka({ brokers: kafkaBrokers(), logLevel: 0 }).consumer({ groupId: group });
    await commits.connect();
    await commits.subscribe({ topics: [world.topic], fromBeginning: true });
    const joined = new Promise<void>((resolve) => {
      commits.on('consumer.group_join', () => resolve());
    });
    await commits.run({ autoCommit: false, eachBatch: async () => undefined });
    await joined;
    await commits.commitOffsets([{ ...at, offset: '7', metadata }]);
    await commits.disconnect();
    const recorder = new Recorder((batch: AssignedBatch) => batch.commit());
    await using _ = await world.log.join({ group, topics: [world.topic] }, recorder, soon());
    await expect.poll(() => recorder.handled.length, WAIT).toBe(10);
  });

  it('D5 a deleted topic blocks no other topic of the group, and is assigned again once it is recreated', async () => {
    await using world = await openWorld(1);
    const other = topic(uniqueName('life'));
    const spec = { partitions: 1, replicas: 1, config: {} };
    await world.log.ensureTopics([{ topic: other, ...spec }], { create: true }, soon());
    const recorder = new Recorder((batch: AssignedBatch) => batch.commit());
    const topics = [world.topic, other];
    await using _ = await world.log.join({ group: uniqueName('life'), topics }, recorder, soon());
    await expect.poll(() => recorder.owned.size, WAIT).toBe(2);
    await admin.deleteTopics({ topics: [other] });
    await expect.poll(async () => (await world.log.describe([other], soon())).size, WAIT).toBe(0);
    // After one fetch has failed because of the deletion, the next one leaves the topic out.
    await expect.poll(() => world.problems.join(), WAIT).toContain(`${other}/0 cannot be fetched`);
    await world.log.append(numbered(world.topic, 10), soon());
    await expect.poll(() => recorder.values(`${world.topic}/0`).length, WAIT).toBe(10);
    // The member rejoins the group while the topic is missing.
    await admin.createPartitions({ topicPartitions: [{ topic: world.topic, count: 2 }] });
    await expect.poll(() => [...recorder.owned].sort(), WAIT).toContain(`${world.topic}/1`);
    // Writes use cached metadata of the topic; describing it refreshes the cache.
    await world.log.describe([world.topic], soon());
    await world.log.append(numbered(world.topic, 20), soon());
    await expect.poll(() => recorder.values(`${world.topic}/1`).length, WAIT).toBeGreaterThan(0);
    await world.log.ensureTopics([{ topic: other, ...spec }], { create: true }, soon());
    await world.log.append(numbered(other, 5), soon());
    await expect.poll(() => recorder.values(`${other}/0`).length, WAIT).toBe(5);
  });

  it('D5 live subscribers get RESYNC_REQUIRED when retention passes a relay that is down, and resume with what is left', async () => {
    await using world = await openWorld(1);
    const relay = await world.relay();
    const client = world.subscribe();
    await expect.poll(world.live, WAIT).toBe(1);
    await world.say(numbers(0, 5));
    await expect.poll(() => client.numbers, WAIT).toEqual(numbers(0, 5));
    await relay[Symbol.asyncDispose]();
    await world.say(numbers(5, 10));
    await lose(world.topic);
    await expect.poll(async () => (await world.log.bounds(world.topic, soon()))[0]?.earliest, WAIT).toBe(10);
    await world.say(numbers(10, 13));
    await world.relay();
    const earliest = await resynced(client, 'RETENTION');
    expect(client.numbers).toEqual(numbers(0, 5));
    const resumed = world.subscribe(earliest);
    await expect.poll(() => resumed.numbers, WAIT).toEqual([10, 11, 12]);
    const refused = world.subscribe(client.cursors[0]);
    expect(await resynced(refused, 'RETENTION')).not.toBe('');
    await world.say([13]);
    await expect.poll(() => resumed.numbers.at(-1), WAIT).toBe(13);
  });

  it('D5 a group member that retention has passed is asked again where to start', async () => {
    await using world = await openWorld(1);
    await world.log.append(numbered(world.topic, 5), soon());
    await lose(world.topic);
    await expect.poll(async () => (await world.log.bounds(world.topic, soon()))[0]?.earliest, WAIT).toBe(5);
    // Its start offset is gone, as if retention had advanced between the answer and the first fetch.
    const recorder = new Recorder(
      (batch: AssignedBatch) => batch.commit(),
      () => offset(2),
    );
    const handler = { assigned: recorder.assigned.bind(recorder), batch: recorder.batch.bind(recorder) };
    await using _ = await world.log.join(
      { group: uniqueName('life'), topics: [world.topic] },
      handler,
      soon(),
    );
    await world.log.append(numbered(world.topic, 3), soon());
    await expect.poll(() => recorder.handled.map((one) => one.offset), WAIT).toEqual([5, 6, 7]);
    expect(recorder.calls.filter((call) => call.startsWith('assigned')).length).toBe(2);
  });

  it('D2 added partitions are assigned soon, and all their records are delivered', async () => {
    await using world = await openWorld(1);
    const recorder = new Recorder((batch: AssignedBatch) => batch.commit());
    await using _ = await world.log.join(
      { group: uniqueName('life'), topics: [world.topic] },
      recorder,
      soon(),
    );
    await expect.poll(() => recorder.owned.size, WAIT).toBe(1);
    await admin.createPartitions({ topicPartitions: [{ topic: world.topic, count: 3 }] });
    await expect.poll(() => recorder.owned.size, QUICK).toBe(3);
    await world.log.append(numbered(world.topic, 30), soon());
    await expect.poll(() => new Set(recorder.values()).size, QUICK).toBe(30);
    expect(new Set(recorder.handled.map(({ at }) => at)).size).toBe(3);
  });

  /** Makes the topic lose all its records. The broker checks retention every second. */
  async function lose(name: string): Promise<void> {
    const alter = (entries: Record<string, string>) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: 2,
            name,
            configEntries: Object.entries(entries).map(([key, value]) => ({ name: key, value })),
          },
        ],
      });
    await alter({ 'retention.ms': '1', 'segment.ms': '100' });
    await expect
      .poll(
        async () => (await admin.fetchTopicOffsets(name)).map(({ low, high }) => Number(high) - Number(low)),
        WAIT,
      )
      .toEqual([0]);
    await alter({ 'retention.ms': '-1' });
  }
});
