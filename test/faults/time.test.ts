import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { freePorts, privateKafka } from '../../scripts/services/private.mjs';
import type { Transport } from '../support/recorder.js';
import { kafkaBrokers, redisUrl } from '../support/services.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { KafkaAdmin } from './support/kafka-admin.js';
import { TcpProxy } from './support/proxy.js';
import { scaled } from './support/speed.js';
import { FaultWorld } from './support/world.js';

const TRANSPORTS: readonly Transport[] = ['ws', 'sse', 'event-source'];
const HOUR_MS = 3_600_000;
const CLOCK = new URL('./support/clock.mjs', import.meta.url).pathname;

/** Clocks that are changed, and nodes that are frozen. */
describe('time', { timeout: CASE_TIMEOUT }, () => {
  it('D2 D3 clocks that jump an hour forward and two back lose no event, disconnect nobody and hide no added partition', async () => {
    await using world = await FaultWorld.open({ env: { TOPIC_PARTITIONS: '1' } });
    // Less than an hour: Kafka refuses timestamps more than an hour ahead of its own clock.
    const shifts = [HOUR_MS - 60_000, -HOUR_MS, 0];
    const env = { NODE_OPTIONS: `--import=${CLOCK}`, CLOCK_SHIFTS: shifts.join() };
    const relay = await world.relay(env);
    const gateway = await world.gateway(env);
    const subscribers = [];
    for (const over of TRANSPORTS) subscribers.push(await world.subscriber(gateway, { over }));
    const stream = await world.load(gateway);
    await world.grows(scaled(100, 20));
    await using admin = await KafkaAdmin.open(kafkaBrokers().join());
    for (const [i, shift] of shifts.entries()) {
      for (const process of [relay, gateway]) {
        process.child.kill('SIGUSR2');
        await expect.poll(() => process.errors, EVENTUALLY).toContain(`the clock is off by ${shift} ms`);
      }
      await world.grows(scaled(100, 20));
      await admin.grow(world.topic, 2 + i);
      // The relay has relayed from the added partition, rather than the nodes finding its events in the log.
      await expect.poll(() => newestIn(world, 1 + i), EVENTUALLY).not.toBeNull();
    }
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expectAll(subscribers, world.appended);
    expect(subscribers.flatMap(({ returns }) => returns)).toEqual([]);
  });

  it('D3 D6 a gateway frozen for longer than its connections to Kafka and Redis live recovers, and its clients miss nothing', async () => {
    const [port = 0, advertised = 0] = await freePorts(2);
    await using toKafka = await TcpProxy.open({ target: `127.0.0.1:${port}`, port: advertised });
    const kafka = await privateKafka({ port, advertised: toKafka.address });
    await using toRedis = await TcpProxy.open({ target: redisUrl() });
    try {
      await using world = await FaultWorld.open({ kafka: toKafka.address });
      await world.relay();
      const other = await world.gateway();
      const frozen = await world.gateway({ REDIS_URL: `redis://${toRedis.address}` });
      const subscribers = [];
      for (const over of TRANSPORTS) {
        subscribers.push(await world.subscriber(frozen, { over }));
        subscribers.push(await world.subscriber(other, { over }));
      }
      const stream = await world.load(other);
      await world.grows(scaled(100, 20));

      frozen.child.kill('SIGSTOP');
      await world.grows(scaled(100, 20));
      toRedis.cut();
      toKafka.cut();
      await world.grows(scaled(100, 20));
      frozen.child.kill('SIGCONT');
      await world.grows(scaled(50, 10));
      await stream.stop();
      await world.say(frozen);
      await expectAll(subscribers, world.appended);
    } finally {
      await kafka.stop();
    }
  });
});

/** The newest relayed offset of a partition; `null` before the first. */
async function newestIn(world: FaultWorld, partition: number): Promise<string | null> {
  const client = new Redis(redisUrl());
  try {
    return await client.hget(`${world.slot(partition)}:meta`, 'newest');
  } finally {
    client.disconnect();
  }
}
