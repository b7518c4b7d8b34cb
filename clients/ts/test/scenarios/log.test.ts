import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { privateRedis } from '../../../../scripts/services/private.mjs';
import { CASE_TIMEOUT } from '../../../../test/faults/support/ceiling.js';
import { KafkaAdmin } from '../../../../test/faults/support/kafka-admin.js';
import { TcpProxy } from '../../../../test/faults/support/proxy.js';
import { Appended } from '../../../../test/support/appended.js';
import { kafkaBrokers } from '../../../../test/support/services.js';
import { memoryStore } from '../../src/index.js';
import type { ClientRecorder } from './client-recorder.js';
import { Scenario, ScenarioWorld } from './scenario-world.js';

const PARTITIONS = 4;

/** What happens to the log and to Redis, as the client sees it. */
describe('the client and the log', { timeout: CASE_TIMEOUT }, () => {
  it('D6 a client is shown each event once while Redis is emptied again and again', async () => {
    const redis = await privateRedis();
    onTestFinished(() => redis.stop());
    const admin = new Redis(redis.address);
    onTestFinished(() => admin.disconnect());
    await using world = await ScenarioWorld.open({ redis: redis.address });
    await using scenario = new Scenario(world, 'wiped');
    await scenario.clients(world.home.url);
    scenario.publish();
    for (let wipe = 0; wipe < 3; wipe++) {
      await scenario.grows(30);
      await admin.flushall();
    }
    await scenario.grows(30);
    await scenario.end();
  });

  it('D5 a client is told when retention has passed its position, and when the topic is another one, and then gets what is left', async () => {
    // What retention has deleted must not be in rings and windows either.
    const env = { TOPIC_PARTITIONS: String(PARTITIONS), RING_EVENTS: '3', WINDOW_EVENTS: '3' };
    await using world = await ScenarioWorld.open({ env });
    await using admin = await KafkaAdmin.open(kafkaBrokers().join());
    const { topic } = world.faults;
    await using proxy = await TcpProxy.open({ target: world.home.url });
    await using scenario = new Scenario(world, 'gone');
    const url = `http://${proxy.address}`;
    await scenario.clients(url, { onGap: () => undefined });
    const store = memoryStore();
    const ignorant = await scenario.client(url, { over: 'websocket', key: 'ignorant', store });
    const told = scenario.recorders.filter((one): one is ClientRecorder => 'gaps' in one && one !== ignorant);
    const gap = (count: number): Promise<void> =>
      scenario.until(() => told.every(({ gaps }) => gaps.length >= count), `gap ${count} is silent`);
    scenario.publish();
    await scenario.grows(60);
    await scenario.end();

    proxy.refuse();
    const before = ignorant.steps.cursor;
    scenario.publish();
    await scenario.grows(100);
    await scenario.stop();
    const ends = (await admin.bounds(topic)).map(({ end }) => end);
    expect(ends).toHaveLength(PARTITIONS);
    await admin.deleteBefore(topic, new Map(ends.map((end, partition) => [partition, end - 4])));
    proxy.pass();
    const left = new Map(ends.map((end, partition) => [partition, end - 5]));
    await gap(1);
    for (const recorder of told) await scenario.endSinceGap(recorder, left);
    for (const { gaps } of told) expect(gaps).toMatchObject([{ gap: { reason: 'RETENTION' } }]);
    // Who does not listen is told by the end of the subscription, and keeps the position.
    await scenario.until(() => ignorant.faults.length > 0, 'the gap is silent');
    expect(ignorant.faults).toEqual([
      expect.stringMatching(/^ended: RESYNC_REQUIRED .*"reason":"RETENTION"/),
    ]);
    expect(store.get('ignorant')).toBe(before);

    proxy.refuse();
    await admin.remove(topic);
    scenario.appended = new Appended();
    await admin.create(topic, { partitions: PARTITIONS });
    scenario.publish();
    await scenario.grows(60);
    await scenario.stop();
    proxy.pass();
    await gap(2);
    for (const recorder of told) await scenario.endSinceGap(recorder, new Map());
    for (const { gaps } of told)
      expect(gaps.slice(1)).toMatchObject([{ gap: { reason: 'TOPIC_RECREATED' } }]);
  });
});
