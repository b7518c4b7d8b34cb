import type { HandWrittenApi } from './baselines/handwritten.js';
import type { KafkajsWsApi } from './baselines/kafkajs-ws.js';
import type { Child } from './child.js';
import { paced as pacedCalls, pause } from './clock.js';
import type { Load } from './load/load.js';
import { untilLive } from './metric.js';
import { NumberedRoom } from './numbered-room.js';
import { type Profile, profiled, profilesDuring } from './profile.js';
import { type Row, rowOf } from './row.js';
import { type Options, SAID, SAID_IN, type Services, Stage, socketOf, topicName } from './stage.js';
import { stepRows } from './steps.js';

const ROUNDS = 5;
/** Of sampled ones, after the others. */
const SAMPLED_ROUNDS = 3;
const SUBSCRIBERS = [20, 100];
const INTERVAL_MS = 50;

/** `start`: relay and gateway in one process. `split`: a process each, whose CPU is added. */
const OURS = ['start', 'split'] as const;
const BASELINES = ['kafkajsWs', 'handwritten'] as const;
type Way = (typeof OURS)[number] | (typeof BASELINES)[number];

/** What serves one way of bringing events from its topic to its subscribers. */
interface Side {
  readonly stage: Stage;
  readonly topic: string;
  readonly url: string;
  /** Its processes: their CPU counts. */
  readonly processes: readonly Child[];
}

interface Round {
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of CPU for each delivery. */
  readonly cpu: number;
}

/**
 * Events that come one by one, 20 a second, to 20 and to 100 subscribers: the time from before an event is appended until its
 * frame has reached a client, and the CPU of the server. Baselines, each on a topic of its own in alternating rounds: a bare
 * kafkajs consumer that writes to `ws`, and the hand-written stack.
 *
 * Then, in rounds of their own, where an event's time goes in one process and with the relay apart: `steps.ts`.
 */
export async function paced(services: Services, scale: number, options: Options): Promise<readonly Row[]> {
  const topics = { start: topicName(), split: topicName(), kafkajsWs: topicName(), handwritten: topicName() };
  await using start = await Stage.open(services, SAID(topics.start));
  await using split = await Stage.open(services, SAID(topics.split));
  await using baselines = await Stage.open(services, '');
  const sides: Record<Way, Side> = {
    start: await startSide({ stage: start, topic: topics.start }),
    split: await splitSide({ stage: split, topic: topics.split }),
    kafkajsWs: await kafkajsSide({ stage: baselines, topic: topics.kafkajsWs }, services),
    handwritten: await handwrittenSide({ stage: baselines, topic: topics.handwritten }, services),
  };
  const events = Math.max(60, Math.round(600 * scale));
  const rows: Row[] = [];
  for (const subscribers of SUBSCRIBERS) rows.push(...(await rowsOf(sides, subscribers, events, options)));
  return rows;
}

type Opened = Pick<Side, 'stage' | 'topic'>;

async function startSide(opened: Opened): Promise<Side> {
  const { url, child } = await opened.stage.processes.run('start');
  return { ...opened, url, processes: [child] };
}

async function splitSide(opened: Opened): Promise<Side> {
  const { processes } = opened.stage;
  const gateway = await processes.run('gateway');
  const relay = await processes.run('relay');
  return { ...opened, url: gateway.url, processes: [gateway.child, relay.child] };
}

async function kafkajsSide(opened: Opened, { KAFKA_BROKERS: brokers }: Services): Promise<Side> {
  const { stage, topic } = opened;
  await stage.createTopic(topic);
  const child = stage.child('kafkajs and ws', './baselines/kafkajs-ws.js');
  const url = await child.call<KafkajsWsApi, 'listen'>('kafkajsWs', 'listen', { brokers, topic });
  return { ...opened, url, processes: [child] };
}

async function handwrittenSide(opened: Opened, services: Services): Promise<Side> {
  const { stage, topic } = opened;
  await stage.createTopic(topic);
  const child = stage.child('hand-written', './baselines/handwritten.js');
  const url = await child.call<HandWrittenApi, 'listen'>('handwritten', 'listen', {
    brokers: services.KAFKA_BROKERS,
    redis: services.REDIS_URL,
    topic,
  });
  return { ...opened, url, processes: [child] };
}

async function rowsOf(
  sides: Record<Way, Side>,
  subscribers: number,
  events: number,
  options: Options,
): Promise<readonly Row[]> {
  const crowds: Load[] = [];
  const ways = [...OURS, ...BASELINES];
  const runs = new Map<Way, () => Promise<Round>>();
  for (const way of ways) {
    const side = sides[way];
    const room = new NumberedRoom();
    const crowd = await side.stage.crowd({
      url: socketOf(side.url),
      operations: [{ query: SAID_IN, variables: { room: room.name }, count: subscribers }],
      perConnection: 1,
      ids: 'perConnection',
    });
    crowds.push(crowd);
    await untilReached(way, side, crowd, room, subscribers);
    runs.set(way, () => round(side, crowd, room, events));
  }
  const rounds: Record<Way, Round[]> = { start: [], split: [], kafkajsWs: [], handwritten: [] };
  for (let number = 0; number < ROUNDS; number++) {
    // Each round begins with another one.
    for (let turn = 0; turn < ways.length; turn++) {
      const way = ways[(number + turn) % ways.length];
      const run = way && runs.get(way);
      if (way === undefined || run === undefined) continue;
      const [first] = sides[way].processes;
      const isOurs = OURS.some((one) => one === way) && first !== undefined;
      rounds[way].push(await (isOurs ? profiled(first, `paced-${way}-${subscribers}`, options, run) : run()));
    }
  }
  const steps: Row[] = [];
  for (const way of OURS) {
    const run = runs.get(way);
    if (run !== undefined) steps.push(...(await stepsOf(sides[way], subscribers, run, events)));
  }
  for (const crowd of crowds) await crowd[Symbol.asyncDispose]();
  const figure = (of: keyof Round) => ({
    kafkajsWs: rounds.kafkajsWs.map((one) => one[of]),
    handwritten: rounds.handwritten.map((one) => one[of]),
  });
  const figures = OURS.flatMap((way) => {
    const name = `paced ${subscribers} ${way}`;
    const ours = (of: keyof Round) => rounds[way].map((one) => one[of]);
    return [
      rowOf(`${name}, p50`, 'ms', ours('p50'), figure('p50'), [{ of: 'kafkajsWs', atMost: 1.15 }]),
      rowOf(`${name}, p99`, 'ms', ours('p99'), figure('p99'), [{ of: 'kafkajsWs', atMost: 1.3 }]),
      rowOf(`${name}, CPU`, 'µs/delivery', ours('cpu'), figure('cpu'), [{ of: 'handwritten', atMost: 0.5 }]),
    ];
  });
  return [...figures, ...steps];
}

/** What each step costs for an event, in each process of a side. */
async function stepsOf(
  { processes }: Side,
  subscribers: number,
  run: () => Promise<unknown>,
  events: number,
): Promise<readonly Row[]> {
  const profiles = new Map<Child, Profile[]>(processes.map((child) => [child, []]));
  for (let round = 0; round < SAMPLED_ROUNDS; round++)
    for (const [child, profile] of await profilesDuring(processes, run)) profiles.get(child)?.push(profile);
  return [...profiles].flatMap(([{ name }, of]) =>
    stepRows(`steps ${subscribers} ${name.replace('millrace ', '')}`, of, events),
  );
}

/** The baselines do not say when a subscription is live: events go to them until all subscribers have one. */
async function untilReached(
  way: Way,
  { stage, topic, url }: Side,
  crowd: Load,
  room: NumberedRoom,
  subscribers: number,
): Promise<void> {
  if (way === 'start' || way === 'split') await untilLive([url], subscribers);
  while ((await crowd.reached()) < 0) {
    await stage.append(topic, room.events(1));
    await pause(200);
  }
  while ((await crowd.reached()) < room.last) await pause(20);
}

async function round(
  { stage, topic, processes }: Side,
  crowd: Load,
  room: NumberedRoom,
  events: number,
): Promise<Round> {
  const before = await cpuOf(processes);
  const append = async (): Promise<void> => {
    await Promise.all(await pacedCalls(events, INTERVAL_MS, () => stage.append(topic, room.events(1))));
  };
  const { frames, latencies } = await crowd.during(events, append, { latencies: true });
  const used = (await cpuOf(processes)) - before;
  return { p50: latencies.p50, p99: latencies.p99, cpu: (used * 1_000) / frames };
}

async function cpuOf(processes: readonly Child[]): Promise<number> {
  const usages = await Promise.all(processes.map((child) => child.usage()));
  return usages.reduce((sum, { cpu }) => sum + cpu, 0);
}
