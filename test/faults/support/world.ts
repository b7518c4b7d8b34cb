import type { Client } from 'graphql-ws';
import { expect } from 'vitest';
import { type Accepted, Appended } from '../../support/appended.js';
import { folderOf, type GatewayProcess, startProcess } from '../../support/gateway-process.js';
import { append, mutationClient } from '../../support/mutations.js';
import { Recorder, type ResumeOptions } from '../../support/recorder.js';
import { runningSubscriptions } from '../../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../../support/services.js';
import { Stream } from '../../support/stream.js';
import { EVENTUALLY } from './ceiling.js';

/** The shortest that Kafka's brokers allow by default. A relay that died is replaced after this time. */
export const SESSION_TIMEOUT_MS = 6_000;

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
  /** `host:port`; by default the Kafka of this run. */
  readonly kafka?: string;
  /** `redis://host:port`; by default the Redis of this run. */
  readonly redis?: string;
  /** The environment of every process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further files of the project: contents by path. */
  files?(topic: string): Readonly<Record<string, string>>;
}

export interface SubscriberOptions extends ResumeOptions {
  /** A subscription with a variable `after`; by default every event of the topic. */
  readonly query?: string;
  /** The URL of its first connection, such as a proxy's. */
  readonly via?: string;
  /** The URL of its next connection; by default the same. */
  next?(): string;
}

/** Relays and gateways as whole processes on a topic of their own, with a record of everything appended to it. */
export class FaultWorld implements AsyncDisposable {
  readonly topic: string;
  readonly appended = new Appended();
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;
  /** Disposed of in reverse order. */
  readonly #owned: AsyncDisposable[];
  readonly #clients = new Map<string, Client>();
  #names = 0;

  private constructor(topic: string, folder: AsyncDisposable & { path: string }, options: WorldOptions) {
    this.topic = topic;
    this.#folder = folder.path;
    this.#owned = [folder];
    this.#env = {
      KAFKA_BROKERS: options.kafka ?? kafkaBrokers().join(','),
      REDIS_URL: options.redis ?? redisUrl(),
      CURSOR_SECRET: 'a secret for all the nodes',
      NAMESPACE: topic,
      KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
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

  /** @param env for this process alone, such as a REDIS_URL that leads through a proxy */
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
   * Starts a subscriber that resumes when it is disconnected. Resolves once the gateway reports that the subscription
   * runs (D2), or at once if it starts after a cursor.
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

  /** Publishes at a gateway until it is stopped. `appended` records the results. */
  async load(
    at: GatewayProcess,
    options: { readonly clients?: number; readonly gap?: number; readonly bytes?: number } = {},
  ): Promise<Stream> {
    const name = `stream ${++this.#names}, no.`;
    return this.#own(new Stream(at.url, SAY, { ...options, name, appended: this.appended }));
  }

  /** Runs one mutation at a gateway. @returns the position of its event @throws when it fails */
  async say(at: GatewayProcess, text?: string, room?: string): Promise<Accepted> {
    const client = this.#clients.get(at.url) ?? mutationClient(at.url);
    this.#clients.set(at.url, client);
    const n = ++this.#names;
    const variables = { room: room ?? `room-${n % 17}`, text: text ?? `said ${n}` };
    const event = await append(client, SAY, variables);
    this.appended.accept(event);
    return event;
  }

  /** Waits until `more` further events have been appended. */
  async grows(more: number): Promise<void> {
    const { accepted } = this.appended;
    const enough = accepted.size + more;
    await expect.poll(() => accepted.size, EVENTUALLY).toBeGreaterThanOrEqual(enough);
  }

  /** The prefix of a partition's keys and channel in Redis, up to the closing brace. */
  slot(partition: number): string {
    return `${this.topic}:{${this.topic}/${partition}}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) await client.dispose();
    for (const one of this.#owned.splice(0).reverse()) await one[Symbol.asyncDispose]();
  }

  async #own<T extends AsyncDisposable>(making: T | Promise<T>): Promise<T> {
    const made = await making;
    this.#owned.push(made);
    return made;
  }
}

/** The sum of a gateway's metric over all its labels; 0 if it has no value yet. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}
