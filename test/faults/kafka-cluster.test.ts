import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type PrivateCluster, privateCluster } from '../../scripts/services/private.mjs';
import { CLOCK_MARGIN_MS } from '../../src/publish/history.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { Recorder } from '../support/recorder.js';
import { runningSubscriptions } from '../support/running.js';
import { redisUrl } from '../support/services.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { KafkaAdmin, OFFSETS } from './support/kafka-admin.js';
import { FaultWorld } from './support/world.js';
import { disorder, Writers } from './support/writers.js';

const DEADLINE_MS = 2_000;
/** The codes of mutations while their partition has no leader: both say what is known of the event (D1). */
const TYPED = ['PUBLISH_FAILED', 'PUBLISH_UNCERTAIN'];
const BROKERS = [1, 2, 3] as const;

/** A service that repeats every event on another topic, and a subscription to that topic. */
const echoing = (topic: string) => ({
  'schema/echoes.graphql': `
    extend type Subscription { echoes: Echo! @subscribe(topic: "${topic}.echoes") }
    type Echo { text: String! }
  `,
  'millrace.config.mjs': `
    const handle = ({ key, data }) => [{ topic: '${topic}.echoes', type: 'Echo', key, data: { text: data.text } }];
    export default { services: [{ name: 'echo', topics: ['${topic}'], handle }] };
  `,
});
const ECHOES = 'subscription { echoes { text } }';

/** Gateways and relays on three brokers, of which one at a time is stopped or killed. */
describe('a cluster of three brokers', { timeout: CASE_TIMEOUT }, () => {
  let cluster: PrivateCluster;
  let admin: KafkaAdmin;
  beforeAll(async () => {
    cluster = await privateCluster();
    admin = await KafkaAdmin.open(cluster.address);
  }, 240_000);
  afterAll(async () => {
    await admin?.[Symbol.asyncDispose]();
    await cluster?.stop();
  });

  async function open(
    partitions: number,
    files?: (topic: string) => Record<string, string>,
    env: Record<string, string> = {},
  ) {
    const world = await FaultWorld.open({
      kafka: cluster.address,
      ...(files === undefined ? {} : { files }),
      env: {
        TOPIC_REPLICAS: '3',
        TOPIC_PARTITIONS: String(partitions),
        PUBLISH_DEADLINE_MS: String(DEADLINE_MS),
        ...env,
      },
    });
    const relay = await world.relay();
    const gateway = await world.gateway();
    const subscribers = [await world.subscriber(gateway), await world.subscriber(gateway, { over: 'sse' })];
    await inSync(world.topic);
    const [[leader]] = [await admin.leaders(world.topic)];
    return {
      world,
      gateway,
      processes: [relay, gateway],
      subscribers,
      leader: leader ?? 0,
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  }

  /** Waits until all replicas are in sync: only then may another broker be stopped. */
  const inSync = (topic: string) => expect.poll(() => admin.inSync(topic), EVENTUALLY).toBe(true);

  it('D1 D3 records that only a dead leader had were never acknowledged, and acknowledged ones are there, in order', async () => {
    await using it = await open(1);
    const { world, leader } = it;
    await using writers = new Writers(it.gateway.url, world.appended);
    await world.grows(60);
    const others = BROKERS.filter((id) => id !== leader);
    for (const id of others) cluster.freeze(id);
    try {
      await answers(writers, 30);
      await cluster.kill(leader);
    } finally {
      for (const id of others) cluster.thaw(id);
    }
    await world.grows(60);
    expect(await admin.leaders(world.topic)).not.toContain(leader);
    await cluster.start(leader);
    await inSync(world.topic);
    await world.grows(60);
    await writers.stop();
    expect(writers.refused.map(({ code }) => code)).toContain('PUBLISH_UNCERTAIN');
    expectTyped(writers);
    expect(disorder(writers)).toEqual([]);
    await expectAll(it.subscribers, world.appended);
    expectAlive(it.processes);
  });

  it('D1 D3 a rolling restart of all brokers loses no acknowledged event and keeps the order', async () => {
    await using it = await open(3);
    const { world } = it;
    await using writers = new Writers(it.gateway.url, world.appended);
    await world.grows(60);
    for (const id of BROKERS) {
      await cluster.end(id);
      await world.grows(60);
      expect(await admin.leaders(world.topic)).not.toContain(id);
      await cluster.start(id);
      await inSync(world.topic);
    }
    await world.grows(60);
    await writers.stop();
    expectTyped(writers);
    expect(disorder(writers)).toEqual([]);
    await expectAll(it.subscribers, world.appended);
    expectAlive(it.processes);
  });

  it('D1 mutations that are retried with their idempotency keys through a leader change act once', async () => {
    // Answers expire soon, so a retry publishes again and is recognised by its event id alone.
    await using it = await open(1, echoing, { IDEMPOTENCY_TTL_MS: '1000' });
    const { world, leader } = it;
    const redis = new Redis(redisUrl());
    onTestFinished(() => redis.disconnect());
    const service = await world.start('services');
    await using echoes = Recorder.overWebSocket('outputs of the service', it.gateway.url, ECHOES);
    await runningSubscriptions(it.gateway.url, 3);
    await using writers = new Writers(it.gateway.url, world.appended, { keys: true });
    await world.grows(60);
    await cluster.kill(leader);
    await world.grows(60);
    await writers.stop();
    const kept = () => redis.keys(`${world.group}:state:idempotency:*`);
    await expect.poll(kept, EVENTUALLY).toEqual([]);
    // A retry searches the log this far back, and must not find the first event.
    const stopped = Date.now();
    await expect.poll(() => Date.now() - stopped, EVENTUALLY).toBeGreaterThan(CLOCK_MARGIN_MS);
    await writers.repeat();
    await cluster.start(leader);
    const acted = world.appended.accepted.size;
    const [bounds] = await admin.bounds(world.topic);
    expect(bounds?.end).toBeGreaterThanOrEqual(2 * acted);

    // The last event is after all others: any duplicate would have arrived before it.
    await world.say(it.gateway, 'the last event');
    for (const recorder of [...it.subscribers, echoes])
      await expect.poll(() => recorder.received.at(-1)?.text, EVENTUALLY).toBe('the last event');
    await expectAll(it.subscribers, world.appended);
    expect(echoes.faults).toEqual([]);
    expect(echoes.received.map(({ text }) => text).sort()).toEqual(
      it.subscribers[0]?.received.map(({ text }) => text).sort(),
    );
    expectTyped(writers);
    expectAlive([...it.processes, service]);
  });

  it('D1 D2 relays that lose their group coordinator continue, and their progress is kept', async () => {
    await using it = await open(4);
    const { world } = it;
    const second = await world.relay();
    await using writers = new Writers(it.gateway.url, world.appended);
    await world.grows(60);
    const coordinator = await admin.coordinator(world.group);
    await cluster.kill(coordinator);
    await world.grows(60);
    await writers.stop();
    await expectAll(it.subscribers, world.appended);
    await expect.poll(() => admin.lag(world.group, world.topic), EVENTUALLY).toBe(0);
    expect(await admin.coordinator(world.group)).not.toBe(coordinator);
    await cluster.start(coordinator);
    await inSync(OFFSETS);
    expectTyped(writers);
    expectAlive([...it.processes, second]);
  });

  /** Waits until `more` further mutations have an answer, whichever it is. */
  async function answers(writers: Writers, more: number): Promise<void> {
    const all = () => writers.count + writers.refused.length;
    const enough = all() + more;
    await expect.poll(all, EVENTUALLY).toBeGreaterThanOrEqual(enough);
  }
});

function expectTyped({ refused }: Writers): void {
  expect(refused.filter(({ code }) => !TYPED.includes(code))).toEqual([]);
  expect(refused.filter(({ after }) => after > DEADLINE_MS + 5_000)).toEqual([]);
}

function expectAlive(processes: readonly GatewayProcess[]): void {
  expect(processes.map(({ child }) => child.exitCode)).toEqual(processes.map(() => null));
}
