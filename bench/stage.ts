import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import { Appender } from './appender.js';
import { Child } from './child.js';
import type { ChurnResult, ChurnSpec, CrowdSpec, LoadApi } from './load/api.js';
import { Load } from './load/load.js';
import { Processes, type RunningProcess } from './processes.js';
import type { Row } from './row.js';

export interface Services {
  readonly KAFKA_BROKERS: string;
  readonly REDIS_URL: string;
}

/** Options of a benchmark besides its scale. */
export interface Options {
  /** How long churn runs. */
  readonly minutes?: number;
  /** A folder for profiles of the gateway, one for each figure. */
  readonly profile?: string;
}

export type Benchmark = (services: Services, scale: number, options: Options) => Promise<readonly Row[]>;

export const topicName = (): string => `bench-${randomUUID()}`;

/** The gateway's default number of partitions for topics that it creates. */
export const PARTITIONS = 4;

/** The schema that most benchmarks use. */
export const SAID = (topic: string): string => `
  type Query { ok: Boolean }
  type Subscription {
    saidIn(room: ID!): Said! @subscribe(topic: "${topic}", key: "args.room")
    saidTo(room: ID!): Said! @subscribe(topic: "${topic}", filter: "event.room == args.room")
  }
  type Said { n: Int! room: ID! at: Float! text: String! }
`;

/** The subscription to one room. The number comes first, where the load expects it. */
export const SAID_IN = 'subscription($room: ID!) { saidIn(room: $room) { n at text } }';

/** A topic, a producer, `millrace` processes and clients. Disposing ends all of them. */
export class Stage implements AsyncDisposable {
  readonly #kafka: Kafka;
  readonly processes: Processes;
  readonly #producer: Producer;
  readonly #appender: Appender;
  readonly #children: Child[] = [];

  private constructor(services: Services, schema: string, env: Readonly<Record<string, string>>) {
    this.#kafka = new Kafka({ brokers: services.KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING });
    this.#producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    this.#appender = new Appender(this.#producer);
    const own = { CURSOR_SECRET: randomUUID(), NAMESPACE: `bench-${randomUUID()}` };
    this.processes = new Processes(schema, { ...services, ...own, ...env });
  }

  static async open(
    services: Services,
    schema: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Stage> {
    const stage = new Stage(services, schema, env);
    await stage.#producer.connect();
    return stage;
  }

  /** A gateway and a relay. */
  async gatewayAndRelay(): Promise<RunningProcess> {
    // The gateway creates the topics; a relay beside it would create them too.
    const gateway = await this.processes.run('gateway');
    await this.processes.run('relay');
    return gateway;
  }

  /** Starts a process of the benchmark itself. */
  child(
    name: string,
    script: string,
    env: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): Child {
    const child = new Child(name, new URL(script, import.meta.url).pathname, { env, args });
    this.#children.push(child);
    return child;
  }

  /** Connects clients in a process of their own. */
  async crowd(spec: CrowdSpec): Promise<Load> {
    return Load.connect(this.child('load', './load/main.js'), spec);
  }

  /** Starts subscriptions that churn until `stop`, in a process of their own. */
  async churners(spec: ChurnSpec): Promise<{ stop(): Promise<ChurnResult> }> {
    const child = this.child('churn', './load/main.js');
    await child.call<LoadApi, 'startChurn'>('load', 'startChurn', spec);
    return { stop: () => child.call<LoadApi, 'stopChurn'>('load', 'stopChurn', undefined) };
  }

  /** Creates a topic before the gateway starts, or one that the gateway does not use. */
  async createTopic(topic: string): Promise<void> {
    const admin = this.#kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: true });
    await admin.disconnect();
  }

  /** Appends in the order of the calls; the messages of one call go in one request. */
  append(topic: string, messages: readonly Message[]): Promise<void> {
    return this.#appender.append(topic, messages);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((child) => child[Symbol.asyncDispose]()));
    await this.#producer.disconnect();
    await this.processes[Symbol.asyncDispose]();
  }
}

/** The WebSocket URL of a server. */
export const socketOf = (url: string): string => `${url.replace('http', 'ws')}/graphql`;
