import type { Client } from 'graphql-ws';
import { expect } from 'vitest';
import { type Accepted, Appended } from '../../support/appended.js';
import { folderOf, type GatewayProcess, startProcess } from '../../support/gateway-process.js';
import { append, mutationClient } from '../../support/mutations.js';
import { Recorder, type ResumeOptions } from '../../support/recorder.js';
import { runningSubscriptions } from '../../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../../support/services.js';
import { Stream } from '../../support/stream.js';
import { SOON } from './ceiling.js';

/** The shortest that Kafka's brokers allow by default: a relay that died is replaced after so long. */
export const SESSION_TIMEOUT = 6_000;

const schemaOn = (topic: string) => `
  type Query { ok: Boolean }
  type Mutation { say(room: ID!, text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "args.room") }
  type Subscription {
    said: Said! @subscribe(topic: "${topic}")
    saidIn(room: ID!): Said! @subscribe(topic: "${topic}", key: "args.room")
  }
  type Said { room: ID! text: String! }
`;
export const SAY =
  'mutation($room: ID!, $text: String!) { say(room: $room, text: $text) { eventId partition offset } }';
export const SAID = 'subscription($after: Cursor) { said(after: $after) { text } }';

export interface WorldOptions {
  /** `host:port`; the run's own when left out. */
  readonly kafka?: string;
  /** `redis://host:port`; the run's own when left out. */
  readonly redis?: string;
  /** For every process. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the project has beside its schema: contents by path. */
  files?(topic: string): Readonly<Record<string, string>>;
}

export interface SubscriberOptions extends ResumeOptions {
  /** With a variable `after`; every event of the topic when left out. */
  readonly query?: string;
  /** Where it reaches the gateway at first, such as a proxy's URL. */
  readonly via?: string;
  /** Where it connects when it has to again; to the same place when left out. */
  next?(): string;
}

/** Relays and gateways as whole processes on one topic of their own, and everything that is put into it. */
export class FaultWorld implements AsyncDisposable {
  readonly topic: string;
  readonly appended = new Appended();
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;
  /** Ended in the reverse of their order. */
  readonly #made: AsyncDisposable[];
  readonly #clients = new Map<string, Client>();
  #names = 0;

  private constructor(topic: string, folder: AsyncDisposable & { path: string }, options: WorldOptions) {
    this.topic = topic;
    this.#folder = folder.path;
    this.#made = [folder];
    this.#env = {
      KAFKA_BROKERS: options.kafka ?? kafkaBrokers().join(','),
      REDIS_URL: options.redis ?? redisUrl(),
      CURSOR_SECRET: 'a secret for all the nodes',
      NAMESPACE: topic,
      KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT),
      ...options.env,
    };
  }

  static async open(options: WorldOptions = {}): Promise<FaultWorld> {
    const topic = uniqueName('fault');
    const files = { 'schema/chat.graphql': schemaOn(topic), ...options.files?.(topic) };
    return new FaultWorld(topic, await folderOf(files), options);
  }

  /** The consumer group of the relays. */
  get group(): string {
    return `${this.topic}-relay`;
  }

  /** `env` for this process alone, such as another REDIS_URL that leads through a proxy. */
  start(role: string, env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
    return this.#own(startProcess([role], { cwd: this.#folder, env: { ...this.#env, ...env } }));
  }

  relay(env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
    return this.start('relay', env);
  }

  gateway(env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
    return this.start('gateway', env);
  }

  /**
   * A subscriber to everything, which resumes. Resolves once the gateway says that it runs (D2), or at once
   * when it goes on after something.
   */
  async subscriber(at: GatewayProcess, options: SubscriberOptions = {}): Promise<Recorder> {
    const name = `subscriber ${++this.#names} over ${options.over ?? 'ws'}`;
    const before = await metric(at.url, 'millrace_subscriptions');
    const { via = at.url, next = () => via } = options;
    let first: string | undefined = via;
    const url = (): string => {
      const here = first ?? next();
      first = undefined;
      return here;
    };
    const recorder = await this.#own(Recorder.resuming(name, url, options.query ?? SAID, options));
    if (options.after === undefined) await runningSubscriptions(at.url, before + 1);
    return recorder;
  }

  /** Mutations at a gateway until it is stopped; what comes of them is in `appended`. */
  async load(
    at: GatewayProcess,
    options: { readonly clients?: number; readonly gap?: number; readonly bytes?: number } = {},
  ): Promise<Stream> {
    const name = `stream ${++this.#names}, no.`;
    return this.#own(new Stream(at.url, SAY, { ...options, name, appended: this.appended }));
  }

  /** One mutation at a gateway. @returns where its event is @throws when it fails */
  async say(at: GatewayProcess, text?: string, room?: string): Promise<Accepted> {
    const client = this.#clients.get(at.url) ?? mutationClient(at.url);
    this.#clients.set(at.url, client);
    const n = ++this.#names;
    const variables = { room: room ?? `room-${n % 17}`, text: text ?? `said ${n}` };
    const event = await append(client, SAY, variables);
    this.appended.accept(event);
    return event;
  }

  /** Waits until `more` events more than now have been appended. */
  async grows(more: number): Promise<void> {
    const { accepted } = this.appended;
    const enough = accepted.size + more;
    await expect.poll(() => accepted.size, SOON).toBeGreaterThanOrEqual(enough);
  }

  /** The name of a partition's keys and channel in Redis, without what follows the braces. */
  slot(partition: number): string {
    return `${this.topic}:{${this.topic}/${partition}}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) await client.dispose();
    for (const one of this.#made.splice(0).reverse()) await one[Symbol.asyncDispose]();
  }

  async #own<T extends AsyncDisposable>(making: T | Promise<T>): Promise<T> {
    const made = await making;
    this.#made.push(made);
    return made;
  }
}

/** The sum of a metric of a gateway over its labels; 0 before the first. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}
