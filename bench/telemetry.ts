import { randomBytes } from 'node:crypto';
import type { Message } from 'kafkajs';
import type { Child } from './child.js';
import { now, pause } from './clock.js';
import type { Load } from './load/load.js';
import { connectionsWithin } from './machine.js';
import { untilLive } from './metric.js';
import type { MutationFigures, MutatorApi } from './mutations/api.js';
import { NumberedRoom } from './numbered-room.js';
import type { RunningProcess } from './processes.js';
import { type Row, rowOf } from './row.js';
import { type Options, SAID_IN, type Services, Stage, socketOf, topicName } from './stage.js';
import type { CollectorApi } from './telemetry/api.js';
import { openPage } from './telemetry/console-page.js';

const ROUNDS = 7;
const SUBSCRIBERS = 1_000;
const BURST = 200;
const IN_FLIGHT = 200;
const SCRAPE_INTERVAL_MS = 1_000;
/** One trace of so many is sampled. */
const SAMPLED_OF = 100;

/** `console`: without telemetry, and with a page that looks at the monitor and the map. */
const WAYS = ['on', 'off', 'console'] as const;
type Way = (typeof WAYS)[number];
/** Mutations: a page that is open costs them what it costs the fan-out, which shows it better. */
const WAYS_OF_MUTATIONS = ['on', 'off'] as const;
type Figures = Record<Way, number[]>;

const schemaOn = (topic: string): string => `
  type Query { ok: Boolean }
  type Mutation { say(room: ID!, text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "args.room") }
  type Subscription { saidIn(room: ID!): Said! @subscribe(topic: "${topic}", key: "args.room") }
  type Said { n: Int room: ID! at: Float text: String! }
`;

/**
 * What telemetry costs: fan-out and mutations with 1 % of the traces exported and metrics scraped each second, and fan-out
 * with the console open, against processes of the same build without any of it. Rounds alternate, and each begins
 * with another one.
 */
export async function telemetry(
  services: Services,
  scale: number,
  _options: Options,
): Promise<readonly Row[]> {
  const off = await openSide(services, { CONSOLE: 'false' });
  await using _off = off.stage;
  const collector = off.stage.child('collector', './telemetry/collector.js');
  const endpoint = await collector.call<CollectorApi, 'listen'>('collector', 'listen', undefined);
  const on = await openSide(services, {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: String(1 / SAMPLED_OF),
    CONSOLE: 'false',
  });
  await using _on = on.stage;
  const open = await openSide(services, { CONSOLE: 'true' });
  await using _open = open.stage;
  await using page = await openPage(open.gateway.url);
  const sides = { on, off, console: open };
  const rows = [...(await fanoutRows(sides, scale)), ...(await mutationRows(sides, scale))];
  const bytes = await collector.call<CollectorApi, 'received'>('collector', 'received', undefined);
  if (bytes === 0) throw new Error('No span was exported, so nothing was measured.');
  page.check();
  return rows;
}

interface Side {
  readonly stage: Stage;
  readonly topic: string;
  readonly gateway: RunningProcess;
}

async function openSide(services: Services, env: Readonly<Record<string, string>>): Promise<Side> {
  const topic = topicName();
  const stage = await Stage.open(services, schemaOn(topic), env);
  try {
    return { stage, topic, gateway: await stage.gatewayAndRelay() };
  } catch (error) {
    await stage[Symbol.asyncDispose]();
    throw error;
  }
}

async function fanoutRows(sides: Record<Way, Side>, scale: number): Promise<readonly Row[]> {
  const subscribers = connectionsWithin(Math.round(SUBSCRIBERS * Math.max(0.2, scale)));
  const room = new NumberedRoom();
  const crowdOf = async ({ stage, gateway }: Side): Promise<Load> => {
    const operations = [{ query: SAID_IN, variables: { room: room.name }, count: subscribers }];
    const crowd = await stage.crowd({
      url: socketOf(gateway.url),
      operations,
      perConnection: 1,
      ids: 'distinct',
    });
    await untilLive([gateway.url], subscribers);
    return crowd;
  };
  await using crowdOn = await crowdOf(sides.on);
  await using crowdOff = await crowdOf(sides.off);
  await using crowdOpen = await crowdOf(sides.console);
  const crowds = { on: crowdOn, off: crowdOff, console: crowdOpen };
  const [rate, cpu] = [noFigures(), noFigures()];
  for (let round = -1; round < ROUNDS; round++) {
    // Both get the same events, with the same traces.
    const events = sampled(room.events(BURST));
    for (const way of inTurns(WAYS, round)) {
      const { stage, topic, gateway } = sides[way];
      const burst = (): Promise<void> => stage.append(topic, events);
      const done = await measured(gateway, way, () => timedBurst(crowds[way], gateway.child, burst));
      if (round < 0) continue; // To warm up.
      rate[way].push(done.rate);
      cpu[way].push(done.cpu);
    }
  }
  const goals = [{ of: 'off', atLeast: 0.95 }];
  return [
    rowOf(`telemetry fanout ${subscribers}`, 'per s', rate.on, { off: rate.off }, goals),
    rowOf('telemetry fanout, CPU', 'µs/delivery', cpu.on, { off: cpu.off }),
    rowOf(`telemetry console open ${subscribers}`, 'per s', rate.console, { off: rate.off }, goals),
    rowOf('telemetry console open, CPU', 'µs/delivery', cpu.console, { off: cpu.off }),
  ];
}

async function timedBurst(crowd: Load, server: Child, burst: () => Promise<void>) {
  const before = await server.usage();
  const start = now();
  const { frames, last } = await crowd.during(BURST, burst);
  const used = (await server.usage()).cpu - before.cpu;
  return { rate: (frames * 1_000) / (last - start), cpu: (used * 1_000) / frames };
}

async function mutationRows(sides: Record<Way, Side>, scale: number): Promise<readonly Row[]> {
  const mutator = sides.off.stage.child('mutator', './mutations/mutator.js');
  const durationMs = Math.max(2_000, Math.round(10_000 * scale));
  const [rate, p99, cpu] = [noFigures(), noFigures(), noFigures()];
  for (let round = -1; round < ROUNDS; round++) {
    for (const way of inTurns(WAYS_OF_MUTATIONS, round)) {
      const { gateway } = sides[way];
      const load = {
        url: `${gateway.url}/graphql`,
        transport: 'http',
        inFlight: IN_FLIGHT,
        durationMs,
      } as const;
      const before = await gateway.child.usage();
      const mutate = (): Promise<MutationFigures> => mutator.call<MutatorApi, 'run'>('mutator', 'run', load);
      const done = await measured(gateway, way, mutate);
      const used = (await gateway.child.usage()).cpu - before.cpu;
      if (round < 0) continue;
      rate[way].push(done.rate);
      p99[way].push(done.p99);
      cpu[way].push((used * 1_000) / done.count);
    }
  }
  const goals = [{ of: 'off', atLeast: 0.9 }];
  return [
    rowOf('telemetry mutations http', 'per s', rate.on, { off: rate.off }, goals),
    rowOf('telemetry mutations http, p99', 'ms', p99.on, { off: p99.off }),
    rowOf('telemetry mutations http, CPU', 'µs/mutation', cpu.on, { off: cpu.off }),
  ];
}

const noFigures = (): Figures => ({ on: [], off: [], console: [] });

/** No way is always the first of its round. */
function inTurns<W extends Way>(ways: readonly W[], round: number): readonly W[] {
  const first = (round + ways.length) % ways.length;
  return [...ways.slice(first), ...ways.slice(0, first)];
}

/** `work`, while the metrics of a process with telemetry are scraped. */
async function measured<T>(gateway: RunningProcess, way: Way, work: () => Promise<T>): Promise<T> {
  if (way !== 'on') return work();
  const stop = new AbortController();
  const scraping = (async () => {
    while (!stop.signal.aborted) {
      await (await fetch(`${gateway.url}/metrics`)).text();
      await pause(SCRAPE_INTERVAL_MS);
    }
  })();
  try {
    return await work();
  } finally {
    stop.abort();
    await scraping;
  }
}

/** Gives each event a trace of its own, of which 1 % are sampled. */
function sampled(events: readonly Message[]): Message[] {
  return events.map((event, i) => {
    const flags = i % SAMPLED_OF === 0 ? '01' : '00';
    const traceparent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-${flags}`;
    return { ...event, headers: { ...event.headers, traceparent } };
  });
}
