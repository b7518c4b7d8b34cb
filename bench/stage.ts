import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import { Appender } from './appender.js';
import { Child } from './child.js';
import { pause } from './clock.js';
import type { Churned, ChurnSpec, CrowdSpec, LoadApi } from './load/api.js';
import { Load } from './load/load.js';
import { Processes, type Running } from './processes.js';
import type { Row } from './row.js';

export interface Services {
  readonly KAFKA_BROKERS: string;
  readonly REDIS_URL: string;
}

/** What a benchmark may be told beside its scale. */
export interface Options {
  /** How long those take that go on for a time of their own. */
  readonly minutes?: number;
  /** A folder for profiles of the gateway, one for each figure. */
  readonly profile?: string;
}

export type Benchmark = (services: Services, scale: number, options: Options) => Promise<readonly Row[]>;

export const topicName = (): string => `bench-${randomUUID()}`;

/** As many as the gateway gives a topic that it creates. */
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

/** What a subscriber of one room asks for; the number first, where the load finds it. */
export const SAID_IN = 'subscription($room: ID!) { saidIn(room: $room) { n at text } }';

/** A topic of its own, a producer, `millrace` processes, clients: everything gone when disposed of. */
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
  async gatewayAndRelay(): Promise<Running> {
    // The gateway creates the topics; a relay beside it would create them too.
    const gateway = await this.processes.run('gateway');
    await this.processes.run('relay');
    return gateway;
  }

  /** A process of the benchmark's own. */
  child(name: string, script: string, env: Readonly<Record<string, string>> = {}): Child {
    const child = new Child(name, new URL(script, import.meta.url).pathname, { env });
    this.#children.push(child);
    return child;
  }

  /** Clients, in a process of their own. */
  async crowd(spec: CrowdSpec): Promise<Load> {
    return Load.connect(this.child('load', './load/main.js'), spec);
  }

  /** Subscriptions that come and go from here on, in a process of their own. */
  async churners(spec: ChurnSpec): Promise<{ stop(): Promise<Churned> }> {
    const child = this.child('churn', './load/main.js');
    await child.ask<LoadApi, 'startChurn'>('load', 'startChurn', spec);
    return { stop: () => child.ask<LoadApi, 'stopChurn'>('load', 'stopChurn', undefined) };
  }

  /** For a topic that is there before the gateway is, or that the gateway does not know. */
  async createTopic(topic: string): Promise<void> {
    const admin = this.#kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: true });
    await admin.disconnect();
  }

  /** Appends in the order of the calls, what is given at once in one request. */
  append(topic: string, messages: readonly Message[]): Promise<void> {
    return this.#appender.append(topic, messages);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((child) => child[Symbol.asyncDispose]()));
    await this.#producer.disconnect();
    await this.processes[Symbol.asyncDispose]();
  }
}

/** Waits until the gateway says that so many subscriptions are live. */
export async function live(url: string, count: number): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    if (Number(/^millrace_live_subscriptions (\S+)$/m.exec(metrics)?.[1] ?? 0) >= count) return;
    await pause(50);
  }
}

/** Where subscribers of a server connect. */
export const socketOf = (url: string): string => `${url.replace('http', 'ws')}/graphql`;
