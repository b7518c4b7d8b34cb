import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { ConsumerApi, ConsumerFigures, ConsumerOptions } from './baselines/kafkajs-consumer.js';
import { now, pause } from './clock.js';
import { NumberedRoom } from './numbered-room.js';
import { profiled } from './profile.js';
import { type Row, rowOf } from './row.js';
import { type Options, PARTITIONS, SAID, type Services, Stage, topicName } from './stage.js';

const ROUNDS = 3;
const ROOMS = 50;
/** How long nothing may be relayed before the rest counts as lost. */
const MAX_SILENCE_MS = 60_000;

/**
 * A backlog of events of 250 bytes. Measures how many a second the relay moves into Redis, against how many a second a bare
 * kafkajs consumer reads, both from joining their group until the last event. Each round has a relay with its own namespace,
 * and a consumer with its own group.
 */
export async function relay(services: Services, scale: number, options: Options): Promise<readonly Row[]> {
  const topic = topicName();
  const backlog = Math.max(40_000, Math.round(200_000 * scale));
  // With an empty Redis, a relay starts as far back as its window reaches.
  await using stage = await Stage.open(services, SAID(topic), { WINDOW_EVENTS: String(backlog * 2) });
  await stage.createTopic(topic);
  const rooms = Array.from({ length: ROOMS }, () => new NumberedRoom());
  for (let left = backlog; left > 0; left -= 1_000) {
    const few = Math.min(1_000, left);
    await stage.append(topic, rooms.flatMap((room) => room.events(Math.ceil(few / ROOMS))).slice(0, few));
  }
  await using redis = disposable(new Redis(services.REDIS_URL));
  const rates = { ours: [] as number[], kafkajs: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    rates.ours.push((await relayed(stage, redis.client, topic, backlog, options)).rate);
    rates.kafkajs.push(await consumed(stage, { brokers: services.KAFKA_BROKERS, topic }, backlog));
  }
  const goals = [{ of: 'kafkajs', atLeast: 0.7 }];
  return [rowOf(`relay ${backlog}`, 'events/s', rates.ours, { kafkajs: rates.kafkajs }, goals)];
}

interface RelayFigures {
  /** How many events a second a new relay moves into Redis. */
  readonly rate: number;
  /** The microseconds of CPU that it uses for each. */
  readonly cpu: number;
}

/**
 * Runs a new relay until it has moved all of the backlog into Redis.
 * @param env of the relay, beside that of the stage
 * @param label of its profile
 */
export async function relayed(
  stage: Stage,
  redis: Redis,
  topic: string,
  backlog: number,
  options: Options,
  env: Readonly<Record<string, string>> = {},
  label = 'relay',
): Promise<RelayFigures> {
  const space = `bench-${randomUUID()}`;
  const streams = Array.from({ length: PARTITIONS }, (_, p) => `${space}:{${topic}/${p}}:stream`);
  const lengths = async (): Promise<number> => {
    const all = await Promise.all(streams.map((stream) => redis.xlen(stream)));
    return all.reduce((sum, length) => sum + length, 0);
  };
  const { child } = await stage.processes.run('relay', { ...env, NAMESPACE: space });
  const start = now(); // It reports that it runs once it has joined its group.
  const before = await child.usage();
  try {
    return await profiled(child, label, options, async () => {
      let [count, moved] = [0, start];
      while (count < backlog) {
        const seen = await lengths();
        if (seen > count) moved = now();
        count = seen;
        if (now() - moved > MAX_SILENCE_MS) throw new Error(`${count} of ${backlog} events were relayed`);
        await pause(5);
      }
      if (count > backlog) throw new Error(`${count} events were relayed, but there are ${backlog}`);
      const { cpu } = await child.usage();
      return { rate: (count * 1000) / (moved - start), cpu: ((cpu - before.cpu) * 1000) / count };
    });
  } finally {
    await child[Symbol.asyncDispose]();
    await redis.unlink(streams);
  }
}

/** How many events a second a bare consumer of kafkajs reads. */
export async function consumed(
  stage: Stage,
  from: Pick<ConsumerOptions, 'brokers' | 'topic' | 'security'>,
  backlog: number,
): Promise<number> {
  await using child = stage.child('kafkajs', './baselines/kafkajs-consumer.js');
  const joined = await child.call<ConsumerApi, 'consume'>('consumer', 'consume', {
    ...from,
    group: randomUUID(),
    fromBeginning: true,
    latencies: false,
  });
  const { messages, last }: ConsumerFigures = await child.call<ConsumerApi, 'consumed'>(
    'consumer',
    'consumed',
    backlog,
  );
  if (messages !== backlog) throw new Error(`${messages} messages were read, but there are ${backlog}`);
  return (messages * 1000) / (last - joined);
}

export function disposable(client: Redis) {
  return {
    client,
    [Symbol.asyncDispose]: async () => {
      await client.quit();
    },
  };
}
