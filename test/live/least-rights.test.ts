import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../scripts/least-rights.mjs';
import { type Right, type SecuredKafka, securedKafka } from '../../scripts/services/secured-kafka.mjs';
import { partition, topic } from '../../src/core/ids.js';
import { readRecords, soon } from '../contract/event-log-tools.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { CREATING, KEYS, neededOf, RightsWorld, type SingleRight } from '../support/rights-world.js';
import { uniqueName } from '../support/services.js';
import { subscribed } from '../support/sse.js';

const NAME = uniqueName('rights');
const EVENTUALLY = { timeout: 60_000, interval: 100 };

let kafka: SecuredKafka;
let world: RightsWorld;

beforeAll(async () => {
  kafka = await securedKafka({ authorizer: true });
  world = await RightsWorld.open(kafka, NAME);
}, 300_000);

const ROLES = ['gateway', 'relay', 'a service', 'a view'] as const;
const COMMANDS: Partial<Readonly<Record<Role, readonly string[]>>> = {
  'check --live': ['check', '--live'],
  'dead-letters list': ['dead-letters', 'list'],
  'replay of a service': ['replay', '--group', 'service/confirm', '--from', 'start'],
  'replay of a view': ['replay', '--group', 'view/totals', '--from', 'start'],
  // The last one: it puts events back that no service sets aside again here.
  'dead-letters retry': ['dead-letters', 'retry'],
};

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await kafka?.stop();
});

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly unknown[];
}

async function ask(node: GatewayProcess, query: string): Promise<Answer> {
  const response = await fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  // The form of GraphQL's own answers (section 7.1 of the specification).
  return (await response.json()) as Answer;
}

const ORDER = `mutation { order(key: "${KEYS[0]}", n: 1) { eventId } }`;
const ORDER_TWICE = `mutation { orderTwice(key: "${KEYS[0]}", other: "${KEYS[1]}", n: 1) { eventId } }`;
const CONFIRMED = 'subscription { confirmed(since: "2020-01-01T00:00:00Z") { n sum } }';

const lettersOf = async (of: string): Promise<number> =>
  (await readRecords(world.log, { topic: topic(`${NAME}.${of}.dlt`), partition: partition(0) })).length;

describe('the rights that docs/operating.md lists', { timeout: 300_000 }, () => {
  it('are enough for every role: a mutation, its service, a subscription, a view, and dead letters of each', async () => {
    for (const role of ROLES) await world.user(role);
    await using _relay = await world.start('relay');
    await using _service = await world.start('a service');
    await using _view = await world.start('a view');
    await using gateway = await world.start('gateway');
    await using clients = subscribed(gateway.url, [CONFIRMED]);
    const [client] = clients.all;
    expect(await ask(gateway, ORDER)).toMatchObject({ data: { order: {} } });
    expect(await ask(gateway, ORDER_TWICE)).toMatchObject({ data: { orderTwice: [{}, {}] } });
    const shown = () => client?.results.map(({ data }) => data?.['confirmed']);
    await expect.poll(shown, EVENTUALLY).toHaveLength(3);
    const total = `{ total(key: "${KEYS[0]}") { sum } }`;
    await expect.poll(() => ask(gateway, total), EVENTUALLY).toEqual({ data: { total: { sum: 2 } } });
    await world.append('orders', { n: 13 }); // Of the service.
    await world.append('confirmed', { sum: 0 }); // Of the view, and of the subscription.
    await world.appendGarbage(); // Of the relay.
    await expect.poll(() => lettersOf('orders'), EVENTUALLY).toBeGreaterThanOrEqual(2);
    await expect.poll(() => lettersOf('confirmed'), EVENTUALLY).toBeGreaterThanOrEqual(3);
  });
});

/** What has to be so before the right is used. */
async function prepare(role: Role, { operation }: SingleRight): Promise<void> {
  if (role === 'a service' && operation === 'CREATE') await world.deleteState();
  if (role.startsWith('dead-letters')) await world.appendDeadLetters();
}

/** Only the code of a service knows where its events go: without that right it starts, and fails at the first event. */
const isUsedByCode = (role: Role, { name, operation }: SingleRight): boolean =>
  role === 'a service' && operation === 'WRITE' && name.endsWith('.confirmed');

/** Starts a role that lacks a right, and returns what it says. */
async function saidBy(role: Role, right: SingleRight): Promise<string> {
  const started = await world.start(role).catch(String);
  if (typeof started === 'string') return started;
  await using running = started;
  if (!isUsedByCode(role, right)) return `It started. ${running.errors}`;
  await world.append('orders', { n: 1 });
  await expect.poll(() => running.errors, EVENTUALLY).toMatch(world.sentence(role, right));
  return running.errors;
}

const casesOf = (role: Role): [string, SingleRight][] =>
  neededOf(role, NAME).map((right) => [
    `${right.operation} on the ${right.resource} ${right.name.replace(NAME, '<NAMESPACE>')}`,
    right,
  ]);

describe.each(Object.entries(COMMANDS) as [Role, readonly string[]][])(
  'the command %s',
  { timeout: 300_000 },
  (role, args) => {
    beforeAll(() => world.user(role));

    it(`ends well with the rights that docs/operating.md lists: ${role}`, async () => {
      await world.appendDeadLetters();
      expect(await world.run(role, args)).toMatchObject({ code: 0, stderr: '' });
    });

    it.each(casesOf(role))(
      `ends with a sentence that names user, right and resource if it lacks one: ${role}, %s`,
      async (_, right) => {
        await prepare(role, right);
        await using _lacking = await world.without(role, right);
        const { code, stderr } = await world.run(role, args);
        expect(stderr).toMatch(world.sentence(role, right));
        expect(code).toBe(1);
      },
    );
  },
);

describe.each(ROLES)('a right that %s lacks', { timeout: 300_000 }, (role) => {
  beforeAll(() => world.user(role));

  it.each(casesOf(role))(
    `is told in a sentence that names user, right and resource, when the process starts: ${role}, %s`,
    async (_, right) => {
      await prepare(role, right);
      await using _lacking = await world.without(role, right);
      expect(await saidBy(role, right)).toMatch(world.sentence(role, right));
    },
  );
});

describe('the map, with the rights of a gateway alone', { timeout: 300_000 }, () => {
  const ALL: readonly Right[] = [
    { resource: 'CLUSTER', name: 'kafka-cluster', operations: ['DESCRIBE'] },
    { resource: 'GROUP', name: '*', operations: ['DESCRIBE'] },
  ];
  const group = `${NAME}-other-program`;
  const map = async () => {
    const { code, stdout, stderr } = await world.run('gateway', ['map', '--live', '--format', 'json']);
    return { code, stderr, isThere: stdout.includes(`"group:${group}"`) };
  };

  it('shows what the gateway may see and says what is hidden, also in the console, and leaves the gateway ready', async () => {
    await world.user('gateway');
    const other = await world.log.join(
      { group, topics: [topic(`${NAME}.orders`)] },
      { batch: async () => undefined },
      soon(),
    );
    await using _other = other;
    await world.append('orders', { n: 1 });
    const hidden = await map();
    expect(hidden).toMatchObject({ code: 0, isThere: false });
    expect(hidden.stderr).toMatch(/user-of-gateway may not DESCRIBE the Kafka cluster, so Kafka lists only/);
    // It may only write to this one.
    expect(hidden.stderr).toContain(`The newest events of ${NAME}.orders cannot be read`);
    await using gateway = await world.start('gateway');
    const response = await fetch(`${gateway.url}/console/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ topology { nodes { id } } }' }),
    });
    expect(await response.text()).toContain(`topic:${NAME}.orders`);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    await world.kafka.grant('user-of-gateway', ALL);
    try {
      await expect.poll(map, EVENTUALLY).toMatchObject({ code: 0, isThere: true });
    } finally {
      await world.kafka.revoke('user-of-gateway', ALL);
    }
  });
});

describe('a process whose topics do not exist', { timeout: 300_000 }, () => {
  it('creates them with the right to create each, and with no right on the cluster', async () => {
    await using fresh = await RightsWorld.open(kafka, uniqueName('rights'), { topics: false });
    await fresh.user(CREATING, 'relay');
    await using _relay = await fresh.start(CREATING);
    const topics = neededOf(CREATING, fresh.name).map((right) => topic(right.name));
    expect([...(await fresh.log.describe(topics, soon())).keys()].sort()).toEqual(topics.sort());
  });

  it.each(casesOf(CREATING).map(([title], i) => [title, i] as const))(
    'ends with a sentence that names user, right and topic if it may not create one: %s',
    async (_, i) => {
      await using fresh = await RightsWorld.open(kafka, uniqueName('rights'), { topics: false });
      await fresh.user(CREATING, 'relay');
      const right = neededOf(CREATING, fresh.name)[i];
      if (right === undefined) throw new Error('a case without a right');
      await using _lacking = await fresh.without(CREATING, right);
      await expect(fresh.start(CREATING)).rejects.toThrow(fresh.sentence(CREATING, right));
    },
  );
});
