import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { LEAST_RIGHTS, type RightName, type Role } from '../../scripts/least-rights.mjs';
import type { Operation, Right, SecuredKafka } from '../../scripts/services/secured-kafka.mjs';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { eventId, offset, partition, topic } from '../../src/core/ids.js';
import { appendDeadLetters } from '../../src/dead-letters/append.js';
import { deadLetterRecord } from '../../src/dead-letters/dead-letter.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { keyOf, soon } from '../contract/event-log-tools.js';
import { folderOf, type GatewayProcess, startProcess } from './gateway-process.js';
import { type Outcome, run } from './run.js';
import { redisUrl } from './services.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const PASSWORD = 'a password, "with quotes"';

/** Not a word of the messages, so that finding it in one means that the message names the user. */
const userOf = (role: Role): string => `user-of-${role.replaceAll(/\W+/g, '-')}`;

/**
 * A mutation publishes to `orders`, which a service follows. It publishes to `confirmed`, which is followed and viewed.
 * An order whose `n` is 13 makes the service fail, a confirmation without `n` the view and the subscription.
 */
const files = (name: string) => ({
  'schema/orders.graphql': `
    type Query { total(key: ID!): Total @view(name: "totals", key: "args.key") }
    type Mutation {
      order(key: ID!, n: Int!): Published! @publish(topic: "${name}.orders", type: "Ordered", key: "args.key")
      orderTwice(key: ID!, other: ID!, n: Int!): [Published!]!
        @publish(topic: "${name}.orders", type: "Ordered", key: "args.key", data: "{'key': args.key, 'n': args.n}")
        @publish(topic: "${name}.orders", type: "Ordered", key: "args.other", data: "{'key': args.other, 'n': args.n}")
    }
    type Subscription {
      confirmed: Confirmed! @subscribe(topic: "${name}.confirmed")
    }
    type Ordered { key: ID! n: Int! }
    type Confirmed { n: Int! sum: Int! }
    type Total { sum: Int! }
  `,
  'millrace.config.mjs': `
    const number = (n) => {
      if (typeof n !== 'number' || n === 13) throw new Error('not a number that this takes');
      return n;
    };
    const handle = ({ key, data }, { state }) => {
      const sum = state.sum + number(data.n);
      return { state: { sum }, events: [{ topic: '${name}.confirmed', type: 'Confirmed', key, data: { n: data.n, sum } }] };
    };
    const fold = (state, { data }) => ({ sum: state.sum + number(data.n) });
    export default {
      services: [{ name: 'confirm', topics: ['${name}.orders'], initial: { sum: 0 }, handle }],
      views: [{ name: 'totals', topics: ['${name}.confirmed'], initial: { sum: 0 }, fold }],
    };
  `,
});

/** One operation on one resource. */
export interface SingleRight extends Omit<Right, 'operations'> {
  readonly operation: Operation;
}

/** The names that `NAMES` stands for, in a project with this prefix. */
const namesOf = (name: string): Readonly<Record<RightName, readonly string[]>> => ({
  topics: [`${name}.orders`, `${name}.confirmed`],
  topicsAndLetters: [`${name}.orders`, `${name}.orders.dlt`, `${name}.confirmed`, `${name}.confirmed.dlt`],
  followed: [`${name}.confirmed`],
  published: [`${name}.orders`],
  followedLetters: [`${name}.confirmed.dlt`],
  relayed: [`${name}.orders`, `${name}.confirmed`],
  relayedLetters: [`${name}.orders.dlt`, `${name}.confirmed.dlt`],
  serviceInputs: [`${name}.orders`],
  serviceInputLetters: [`${name}.orders.dlt`],
  serviceOutputs: [`${name}.confirmed`],
  viewInputs: [`${name}.confirmed`],
  viewInputLetters: [`${name}.confirmed.dlt`],
  append: ['millrace-append-'],
  relayGroup: [`${name}-relay`],
  service: [`${name}-service-confirm`],
  viewGroup: [`${name}-view-totals`],
  letters: [`${name}.orders.dlt`, `${name}.confirmed.dlt`],
  springLetters: ['orders', 'confirmed'].flatMap((one) => [`${name}.${one}-dlt`, `${name}.${one}.DLT`]),
  redriveGroup: [`${name}-dead-letters`],
  created: [`${name}.orders`, `${name}.orders.dlt`, `${name}.confirmed`, `${name}.confirmed.dlt`],
});

/** What a role needs, each right alone. */
export function rightsOf(role: Role, name: string): readonly SingleRight[] {
  return LEAST_RIGHTS[role].flatMap(({ names, operations, why: _, ...right }) =>
    namesOf(name)[names].flatMap((one) =>
      operations.map((operation) => ({ ...right, name: one, operation })),
    ),
  );
}

/** Those that no other right includes: without one of them, something does not work. */
export function neededOf(role: Role, name: string): readonly SingleRight[] {
  const all = rightsOf(role, name);
  return all.filter(
    ({ operation, name: of }) =>
      operation !== 'DESCRIBE' || !all.some((other) => other.name === of && other.operation !== 'DESCRIBE'),
  );
}

/** The rights beyond those of the role that it is. */
export const CREATING: Role = 'any of these with `TOPIC_CREATE=true`';

const RUNS: Partial<Readonly<Record<Role, readonly string[]>>> = {
  gateway: ['gateway'],
  relay: ['relay'],
  'a service': ['services', 'confirm'],
  'a view': ['services', 'totals'],
  [CREATING]: ['relay'],
};
/** Two, so that a mutation that publishes twice needs a transaction. Dead letters have one. */
const PARTITIONS = 2;
/** A key of each partition. */
export const KEYS = [keyOf(partition(0), PARTITIONS), keyOf(partition(1), PARTITIONS)] as const;

/** A project whose topics exist, on a broker that checks rights. Each role is a user with exactly the rights it needs. */
export class RightsWorld implements AsyncDisposable {
  readonly name: string;
  readonly kafka: SecuredKafka;
  /** Of an administrator. */
  readonly log: EventLog;
  readonly #folder: AsyncDisposable & { path: string };
  #events = 0;

  private constructor(
    name: string,
    kafka: SecuredKafka,
    log: EventLog,
    folder: AsyncDisposable & { path: string },
  ) {
    this.name = name;
    this.kafka = kafka;
    this.log = log;
    this.#folder = folder;
  }

  /** @param topics whether the project's topics exist */
  static async open(kafka: SecuredKafka, name: string, { topics = true } = {}): Promise<RightsWorld> {
    const options = { brokers: [kafka.address], clientId: 'administrator' };
    const log = await openKafkaLog(options, new AbortController().signal);
    const world = new RightsWorld(name, kafka, log, await folderOf(files(name)));
    if (topics) await world.#createTopics();
    return world;
  }

  #createTopics(): Promise<void> {
    const specs = namesOf(this.name).topicsAndLetters.map((one) => ({
      topic: topic(one),
      partitions: one.endsWith('.dlt') ? 1 : PARTITIONS,
      replicas: 1,
      config: {},
    }));
    return this.log.ensureTopics(specs, { create: true }, soon());
  }

  /** Creates the role's user with its rights, and those of another role. */
  async user(role: Role, also?: Role): Promise<void> {
    await this.kafka.setUser(userOf(role), PASSWORD);
    const rights = [role, ...(also === undefined ? [] : [also])].flatMap((one) => rightsOf(one, this.name));
    await this.kafka.grant(userOf(role), rights.map(asRight));
  }

  /** What `millrace` says when a right is missing: the user, the operation and the resource. */
  sentence(role: Role, { resource, name, prefix, operation }: SingleRight): RegExp {
    const words = {
      TOPIC: 'topic',
      GROUP: 'group',
      TRANSACTIONAL_ID: 'transactional id',
      CLUSTER: 'cluster',
    };
    const what = `${words[resource]} ${name.replaceAll('.', '\\.')}${prefix ? '\\S*' : ''} `;
    const who = `${userOf(role)} may not`;
    // Whether a topic exists is the first question about it, and both rights answer it.
    const implied = `${who} DESCRIBE ${what}.*READ and WRITE on it include that`;
    const isImplied = resource === 'TOPIC' && (operation === 'READ' || operation === 'WRITE');
    return new RegExp(`${who} ${operation} ${what}${isImplied ? `|${implied}` : ''}`, 'i');
  }

  /** Revokes one right until it is disposed of. */
  async without(role: Role, right: SingleRight): Promise<AsyncDisposable> {
    await this.kafka.revoke(userOf(role), [asRight(right)]);
    return {
      [Symbol.asyncDispose]: () => this.kafka.grant(userOf(role), [asRight(right)]),
    };
  }

  environment(role: Role): Readonly<Record<string, string>> {
    return {
      KAFKA_BROKERS: this.kafka.saslSsl,
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_SSL_CA: this.kafka.authority.certificate,
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: userOf(role),
      KAFKA_SASL_PASSWORD: PASSWORD,
      REDIS_URL: redisUrl(),
      CURSOR_SECRET: 'a secret for all the nodes',
      NAMESPACE: this.name,
      SERVICE_MAX_ATTEMPTS: '1',
    };
  }

  /** Appends an event to `orders` or `confirmed`, as a program of other people does. */
  async append(to: 'orders' | 'confirmed', data: Readonly<Record<string, unknown>>): Promise<void> {
    const event = encodeEvent(topic(`${this.name}.${to}`), {
      id: eventId(`event-${++this.#events}`),
      source: '/test',
      type: to === 'orders' ? 'Ordered' : 'Confirmed',
      subject: KEYS[0],
      time: new Date().toISOString(),
      correlationId: undefined,
      traceparent: undefined,
      data: Buffer.from(JSON.stringify({ key: KEYS[0], ...data })),
    });
    await this.log.append([event], soon());
  }

  /** Appends records that are not events. */
  async appendGarbage(): Promise<void> {
    const of = (one: string) => ({
      topic: topic(one),
      key: 'a',
      headers: {},
      value: Buffer.from('no event'),
    });
    await this.log.append(namesOf(this.name).topics.map(of), soon());
  }

  /** Appends dead letters of both topics that nobody has redriven. */
  async appendDeadLetters(): Promise<void> {
    const at = { partition: partition(0), offset: offset(1_000 + ++this.#events) };
    const record = { key: 'a', headers: {}, timestamp: 1, value: Buffer.from('no event') };
    const fault = { kind: 'data', reason: 'no JSON' } as const;
    const letters = namesOf(this.name).topics.map((one) =>
      deadLetterRecord({ topic: topic(one), ...at }, record, fault),
    );
    await appendDeadLetters(this.log, letters, soon());
  }

  /** Removes the topics of the service's state, so that it has to create them. */
  async deleteState(): Promise<void> {
    const kafka = new Kafka({ brokers: [this.kafka.address], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    try {
      const group = `${this.name}-service-confirm`;
      const topics = (await admin.listTopics()).filter((one) => one.startsWith(group));
      if (topics.length > 0) await admin.deleteTopics({ topics });
      // Deletion goes on after the answer.
      while ((await this.log.describe(topics.map(topic), soon())).size > 0) await pause(100);
    } finally {
      await admin.disconnect();
    }
  }

  /** A role that runs until it is stopped. */
  start(role: Role): Promise<GatewayProcess> {
    return startProcess(RUNS[role] ?? [], { cwd: this.#folder.path, env: this.environment(role) });
  }

  /** A command that ends. */
  run(role: Role, args: readonly string[]): Promise<Outcome> {
    return run(process.execPath, [MAIN, ...args], { cwd: this.#folder.path, env: this.environment(role) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.log[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

const asRight = ({ operation, ...right }: SingleRight): Right => ({ ...right, operations: [operation] });
