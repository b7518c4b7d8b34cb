import { randomUUID } from 'node:crypto';
import type { ConsumerApi } from './baselines/kafkajs-consumer.js';
import { paced } from './clock.js';
import { untilLive } from './metric.js';
import { NumberedRoom } from './numbered-room.js';
import { profiled } from './profile.js';
import { type Row, rowOf } from './row.js';
import { type Options, SAID, SAID_IN, type Services, Stage, socketOf, topicName } from './stage.js';

const ROUNDS = 3;
const SUBSCRIBERS = 100;
const INTERVAL_MS = 20;

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/**
 * The time from before an event is appended until its frame has reached a client, over all events and subscribers. The
 * baseline is a bare kafkajs consumer, from the same moment to its handler, on a topic of its own, in alternating rounds.
 */
export async function latency(services: Services, scale: number, options: Options): Promise<readonly Row[]> {
  const [topic, bareTopic] = [topicName(), topicName()];
  await using stage = await Stage.open(services, SAID(topic));
  const gateway = await stage.gatewayAndRelay();
  await stage.createTopic(bareTopic);
  const consumer = stage.child('kafkajs', './baselines/kafkajs-consumer.js');
  await consumer.call<ConsumerApi, 'consume'>('consumer', 'consume', {
    brokers: services.KAFKA_BROKERS,
    topic: bareTopic,
    group: randomUUID(),
    fromBeginning: true,
    latencies: true,
  });
  const [room, bareRoom] = [new NumberedRoom(), new NumberedRoom()];
  await using crowd = await stage.crowd({
    url: socketOf(gateway.url),
    operations: [{ query: SAID_IN, variables: { room: room.name }, count: SUBSCRIBERS }],
    perConnection: 1,
    ids: 'distinct',
  });
  await untilLive([gateway.url], SUBSCRIBERS);
  const append = async (count: number, to: string, of: NumberedRoom): Promise<void> => {
    await Promise.all(await paced(count, INTERVAL_MS, () => stage.append(to, of.events(1))));
  };
  const ourRound = async (count: number): Promise<Percentiles> =>
    (await crowd.during(count, () => append(count, topic, room), { latencies: true })).latencies;
  const bareRound = async (count: number): Promise<Percentiles> => {
    await consumer.call<ConsumerApi, 'mark'>('consumer', 'mark', undefined);
    await append(count, bareTopic, bareRoom);
    return consumer.call<ConsumerApi, 'consumed'>('consumer', 'consumed', count);
  };
  await ourRound(50);
  await bareRound(50);
  const events = Math.max(200, Math.round(1_000 * scale));
  const all = { ours: [] as Percentiles[], kafkajs: [] as Percentiles[] };
  for (let round = 0; round < ROUNDS; round++) {
    all.ours.push(await profiled(gateway.child, 'latency', options, () => ourRound(events)));
    all.kafkajs.push(await bareRound(events));
  }
  return (['p50', 'p99'] as const).map((which) => {
    const kafkajs = all.kafkajs.map((round) => round[which]);
    const goals = [{ of: 'kafkajs', atMost: 1.5 }];
    return rowOf(
      `latency ${which}`,
      'ms',
      all.ours.map((round) => round[which]),
      { kafkajs },
      goals,
    );
  });
}
