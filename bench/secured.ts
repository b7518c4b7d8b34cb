import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { ConsumerOptions } from './baselines/kafkajs-consumer.js';
import { paced } from './clock.js';
import { untilLive } from './metric.js';
import type { MutationFigures, MutatorApi } from './mutations/api.js';
import { NumberedRoom } from './numbered-room.js';
import { consumed, disposable, relayed } from './relay.js';
import { type Row, rowOf } from './row.js';
import { type Options, SAID_IN, type Services, Stage, socketOf, topicName } from './stage.js';

const ROUNDS = 3;
const ROOMS = 50;
const IN_FLIGHT = 200;
const SUBSCRIBERS = 100;
const INTERVAL_MS = 20;
const USER = 'bench';

type Environment = Readonly<Record<string, string>>;

/** What this needs of scripts/services/secured-kafka.mjs. */
interface SecuredKafka {
  readonly address: string;
  readonly saslSsl: string;
  readonly authority: { readonly certificate: string };
  setUser(user: string, password: string): Promise<void>;
  stop(): Promise<void>;
}

/** The same broker by two ways: in the clear, and over TLS with SCRAM-SHA-512. */
const WAYS = ['secured', 'plain'] as const;
type Way = (typeof WAYS)[number];

/** The figures of the rounds by each way. */
type Rounds = Record<Way, number[]>;
const noRounds = (): Rounds => ({ secured: [], plain: [] });

/** How each program connects. */
interface Ways {
  readonly millrace: Record<Way, Environment>;
  readonly kafkajs: Record<Way, Pick<ConsumerOptions, 'brokers' | 'security'>>;
}

/** As the shared broker of the other benchmarks: with the compiler that has fast ciphers, as brokers have it. */
const JAVA = ['-Xmx512m'];

const schemaOn = (topic: string): string => `
  type Query { ok: Boolean }
  type Mutation { say(room: ID!, text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "args.room") }
  type Subscription { saidIn(room: ID!): Said! @subscribe(topic: "${topic}", key: "args.room") }
  type Said { n: Int room: ID! at: Float text: String! }
`;

/**
 * What TLS and a login cost: relay, mutations and latency over TLS with SCRAM-SHA-512, against the same in the clear at another
 * listener of the same broker, in alternating rounds.
 */
export async function secured(services: Services, scale: number, options: Options): Promise<readonly Row[]> {
  // A plain script. The interface above is what its own declarations say.
  const { securedKafka } = (await import(
    String(new URL('../scripts/services/secured-kafka.mjs', import.meta.url))
  )) as { securedKafka(options: { java: readonly string[] }): Promise<SecuredKafka> };
  const kafka = await securedKafka({ java: JAVA });
  try {
    const password = randomUUID();
    await kafka.setUser(USER, password);
    const { certificate: ca } = kafka.authority;
    const ways: Ways = {
      millrace: {
        plain: { KAFKA_BROKERS: kafka.address },
        secured: {
          KAFKA_BROKERS: kafka.saslSsl,
          KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
          KAFKA_SSL_CA: ca,
          KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
          KAFKA_SASL_USERNAME: USER,
          KAFKA_SASL_PASSWORD: password,
        },
      },
      kafkajs: {
        plain: { brokers: kafka.address },
        secured: { brokers: kafka.saslSsl, security: { ca, username: USER, password } },
      },
    };
    const at = { ...services, KAFKA_BROKERS: kafka.address };
    return [
      ...(await relayRows(at, ways, scale, options)),
      ...(await mutationRows(at, ways.millrace, scale)),
      ...(await latencyRows(at, ways.millrace, scale)),
    ];
  } finally {
    await kafka.stop();
  }
}

/** The relay by both ways, and a bare consumer of kafkajs: what TLS costs a reader on this machine at all. */
async function relayRows(
  services: Services,
  ways: Ways,
  scale: number,
  options: Options,
): Promise<readonly Row[]> {
  const topic = topicName();
  const backlog = Math.max(40_000, Math.round(200_000 * scale));
  await using stage = await Stage.open(services, schemaOn(topic), { WINDOW_EVENTS: String(backlog * 2) });
  await stage.createTopic(topic);
  const rooms = Array.from({ length: ROOMS }, () => new NumberedRoom());
  for (let left = backlog; left > 0; left -= 1_000) {
    const few = Math.min(1_000, left);
    await stage.append(topic, rooms.flatMap((room) => room.events(Math.ceil(few / ROOMS))).slice(0, few));
  }
  await using redis = disposable(new Redis(services.REDIS_URL));
  const [rates, cpu, bare] = [noRounds(), noRounds(), noRounds()];
  // The broker is new: its ciphers are fast once they are compiled.
  await consumed(stage, { ...ways.kafkajs.secured, topic }, backlog);
  for (let round = 0; round < ROUNDS; round++) {
    for (const way of WAYS) {
      const figures = await relayed(
        stage,
        redis.client,
        topic,
        backlog,
        options,
        ways.millrace[way],
        `relay ${way}`,
      );
      rates[way].push(figures.rate);
      cpu[way].push(figures.cpu);
      bare[way].push(await consumed(stage, { ...ways.kafkajs[way], topic }, backlog));
    }
  }
  const goals = [{ of: 'plain', atLeast: 0.6 }];
  return [
    rowOf(`secured relay ${backlog}`, 'events/s', rates.secured, { plain: rates.plain }, goals),
    rowOf('secured relay, CPU of its process', 'µs per event', cpu.secured, { plain: cpu.plain }),
    rowOf('secured kafkajs consumer', 'events/s', bare.secured, { plain: bare.plain }),
  ];
}

async function mutationRows(
  services: Services,
  ways: Record<Way, Environment>,
  scale: number,
): Promise<readonly Row[]> {
  await using stage = await Stage.open(services, schemaOn(topicName()));
  const urls = {
    secured: (await stage.processes.run('gateway', ways.secured)).url,
    plain: (await stage.processes.run('gateway', ways.plain)).url,
  };
  const mutator = stage.child('mutator', './mutations/mutator.js');
  const measure = (url: string, durationMs: number): Promise<MutationFigures> =>
    mutator.call<MutatorApi, 'run'>('mutator', 'run', {
      url: `${url}/graphql`,
      transport: 'http',
      inFlight: IN_FLIGHT,
      durationMs,
    });
  for (const url of Object.values(urls)) await measure(url, 2_000);
  const durationMs = Math.max(3_000, Math.round(10_000 * scale));
  const all = { secured: [] as MutationFigures[], plain: [] as MutationFigures[] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const way of WAYS) all[way].push(await measure(urls[way], durationMs));
  }
  const of = (figure: 'rate' | 'p50' | 'p99', way: Way): number[] => all[way].map((round) => round[figure]);
  const goals = [{ of: 'plain', atLeast: 0.8 }];
  return [
    rowOf('secured mutations http', 'per s', of('rate', 'secured'), { plain: of('rate', 'plain') }, goals),
    rowOf('secured mutations http, p99', 'ms', of('p99', 'secured'), { plain: of('p99', 'plain') }),
  ];
}

/** From before an event is appended until its frame has reached a client, over all events and subscribers. */
async function latencyRows(
  services: Services,
  ways: Record<Way, Environment>,
  scale: number,
): Promise<readonly Row[]> {
  await using plain = await measuredLatency(services, ways.plain);
  await using over = await measuredLatency(services, ways.secured);
  for (const one of [over, plain]) await one.round(50);
  const events = Math.max(200, Math.round(1_000 * scale));
  const all = { secured: [] as Percentiles[], plain: [] as Percentiles[] };
  for (let round = 0; round < ROUNDS; round++) {
    all.secured.push(await over.round(events));
    all.plain.push(await plain.round(events));
  }
  return (['p50', 'p99'] as const).map((which) =>
    rowOf(
      `secured latency ${which}`,
      'ms',
      all.secured.map((round) => round[which]),
      { plain: all.plain.map((round) => round[which]) },
    ),
  );
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** A gateway, a relay and subscribers by one of the ways, on a topic and a namespace of their own. */
async function measuredLatency(
  services: Services,
  env: Environment,
): Promise<AsyncDisposable & { round(events: number): Promise<Percentiles> }> {
  const topic = topicName();
  const stage = await Stage.open(services, schemaOn(topic), env);
  try {
    const gateway = await stage.gatewayAndRelay();
    const room = new NumberedRoom();
    const crowd = await stage.crowd({
      url: socketOf(gateway.url),
      operations: [{ query: SAID_IN, variables: { room: room.name }, count: SUBSCRIBERS }],
      perConnection: 1,
      ids: 'distinct',
    });
    await untilLive([gateway.url], SUBSCRIBERS);
    const append = async (count: number): Promise<void> => {
      await Promise.all(await paced(count, INTERVAL_MS, () => stage.append(topic, room.events(1))));
    };
    return {
      round: async (events) =>
        (await crowd.during(events, () => append(events), { latencies: true })).latencies,
      [Symbol.asyncDispose]: async () => {
        await crowd[Symbol.asyncDispose]();
        await stage[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await stage[Symbol.asyncDispose]();
    throw error;
  }
}
