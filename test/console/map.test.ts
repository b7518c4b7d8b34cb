import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbeddedLog } from '../../src/adapters/embedded/log.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/adapters/embedded/store.js';
import { InProcessNodes } from '../../src/adapters/memory/node-registry.js';
import { ratesOfFields } from '../../src/console/map/field-rates.js';
import { mapPage } from '../../src/console/map/map.js';
import type { NodeReport } from '../../src/console/monitor/node-report.js';
import type { ConsoleContext } from '../../src/console/page.js';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { eventId, topic } from '../../src/core/ids.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { BREAKDOWNS, FLOWS, LEVELS } from '../../src/observe/figures/figures.js';
import { record } from '../../src/observe/figures/sample.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { NodeRegistry } from '../../src/ports/node-registry.js';
import { LiveMap } from '../../src/topology/live-map.js';
import { bound } from '../binding/schema.js';
import { soon } from '../contract/event-log-tools.js';

const SCHEMA = `
  type Query { hello: String }
  type Mutation {
    "Places an order."
    place(id: ID!): Published! @publish(topic: "orders", type: "Placed", key: "args.id", data: "{'id': args.id}")
  }
  type Subscription { placed: Placed! @subscribe(topic: "orders") }
  "An order was placed."
  type Placed { id: ID! lines: [String!] }
`;
const ORDERS = topic('orders');
const life = new AbortController();
let dir: string;
let store: EmbeddedStore;
let log: EventLog;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-map-'));
  store = openEmbeddedStore({ dir });
  log = openEmbeddedLog(store);
  const specs = ['orders', 'orders.dlt'].map((name) => ({
    topic: topic(name),
    partitions: 1,
    replicas: 1,
    config: {},
  }));
  await log.ensureTopics(specs, { create: true }, soon());
});
afterAll(async () => {
  life.abort();
  await store[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

function page(nodes: Pick<NodeRegistry, 'list'> = new InProcessNodes().open()) {
  const shared = { log, decoder: new RecordDecoder(), deadLetterSuffix: '.dlt' };
  const bindings = bound(SCHEMA);
  const own = { relay: 'm-relay', services: new Map(), views: new Map(), redrive: 'm-dead-letters' };
  const live = new LiveMap({ ...shared, own, parts: { bindings, services: [], views: [] } }, life.signal);
  return mapPage({ ...shared, bindings, live, nodes });
}

const context = (signal = soon()): ConsoleContext => ({
  identity: { claims: {}, expiresAt: undefined },
  signal,
  after: undefined,
});

const topicNamed = (name: string) => page().Query?.['topologyTopic']?.({ name }, context());

/** Of a node that does nothing but what is given. */
function report(rates: Pick<NodeReport, 'deliveredByField' | 'publishedByTopic'>): NodeReport {
  const nothing = <K extends string>(names: readonly K[]) => record(names, () => 0);
  return {
    ...{ host: 'machine', pid: 1, roles: ['gateway'], services: [], version: '1.0.0', uptimeMs: 1 },
    ...{ checks: {}, refusals: [], rates: nothing(FLOWS), levels: nothing(LEVELS), latency: [] },
    breakdowns: record(BREAKDOWNS, () => ({})),
    process: { loopDelayMs: 0, cpuShare: 0, residentBytes: 0, heapBytes: 0 },
    ...{ lags: [], lagsLeftOut: 0 },
    ...rates,
  };
}

async function firstFlows(nodes: Pick<NodeRegistry, 'list'>): Promise<unknown> {
  const leaving = new AbortController();
  for await (const { data } of (await page(nodes).Subscription?.['topologyFlows']?.(
    {},
    context(leaving.signal),
  )) ?? []) {
    leaving.abort();
    return data;
  }
  throw new Error('The page got nothing');
}

const event = (data: string) =>
  encodeEvent(ORDERS, {
    id: eventId(data),
    source: 'urn:bank',
    type: 'Placed',
    subject: 'a',
    time: '2026-01-31T09:30:00.000Z',
    data: Buffer.from(data),
  });

describe("the console's map", () => {
  it('describes the fields of the schema, and each topic with its types, bounds and dead letters', async () => {
    const topology = await page().Query?.['topology']?.({}, context());
    expect(topology).toMatchObject({
      nodes: expect.arrayContaining([
        expect.objectContaining({
          id: 'mutation:place',
          kind: 'MUTATION',
          signature: 'place(id: ID!): Published!',
          description: 'Places an order.',
        }),
        expect.objectContaining({ id: 'deadLetters:orders.dlt', kind: 'DEAD_LETTERS' }),
      ]),
    });
    expect(await topicNamed('orders')).toMatchObject({
      format: 'CloudEvents, values in JSON, keys as text',
      types: [
        { name: 'Placed', description: 'An order was placed.', fields: ['id: ID!', 'lines: [String!]'] },
      ],
      partitions: [{ partition: 0, earliest: 0, end: 0 }],
      example: undefined,
      deadLetters: 0,
    });
  });

  it('S4 shows no topic that is not on the map: the log may have others, which are not its business', async () => {
    await log.ensureTopics(
      [{ topic: topic('secret'), partitions: 1, replicas: 1, config: {} }],
      { create: true },
      soon(),
    );
    expect(await topicNamed('secret')).toBeUndefined();
    expect(await topicNamed('place')).toBeUndefined();
  });

  it('shows the newest record as an example: an event, a long one cut, and what is no event with the reason', async () => {
    await log.append([event('{"id":"1"}')], soon());
    expect(await topicNamed('orders')).toMatchObject({
      example: {
        offset: 0,
        type: 'Placed',
        source: 'urn:bank',
        subject: 'a',
        text: '{"id":"1"}',
        isCut: false,
      },
    });
    await log.append([event(JSON.stringify({ id: 'x'.repeat(100_000) }))], soon());
    expect(await topicNamed('orders')).toMatchObject({ example: { offset: 1, isCut: true } });
    const binary = { topic: ORDERS, key: null, headers: {}, value: Buffer.from([0xff, 0, 1]) };
    await log.append([binary], soon());
    expect(await topicNamed('orders')).toMatchObject({
      example: {
        offset: 2,
        problem: expect.stringMatching(/^This record is no event: .+\.$/),
        text: '3 bytes that are no text: ff0001',
      },
    });
  });

  it('adds up what all nodes deliver through a field, and publish with one, a node that counts less included', async () => {
    const nodes = new InProcessNodes();
    const [one, two, older] = [nodes.open(), nodes.open(), nodes.open()];
    await one.announce(report({ deliveredByField: { placed: 30 }, publishedByTopic: { orders: 2 } }));
    await two.announce(
      report({ deliveredByField: { placed: 10, gone: 5 }, publishedByTopic: { orders: 1 } }),
    );
    await older.announce(report({}));
    expect(await firstFlows(one)).toMatchObject({
      fields: expect.arrayContaining([
        { node: 'subscription:placed', perSecond: 40 },
        { node: 'mutation:place', perSecond: 3 },
      ]),
      gaps: [],
    });
  });

  it('says so when other nodes cannot be heard, and shows the rates of this one', async () => {
    const nodes: Pick<NodeRegistry, 'list'> = {
      list: async () => ({
        nodes: [{ id: 'a', isSelf: true, ageMs: 0, report: report({ deliveredByField: { placed: 30 } }) }],
        unheard: 'Other nodes cannot be heard: Redis is away.',
      }),
    };
    expect(await firstFlows(nodes)).toMatchObject({
      fields: expect.arrayContaining([{ node: 'subscription:placed', perSecond: 30 }]),
      gaps: ['Other nodes cannot be heard: Redis is away: rates of fields are those of this node.'],
    });
  });

  it('does not say of which of several mutations the events of a topic are', () => {
    const edge = (from: string, to: string) => ({ from, to, kind: 'publishes', types: [] }) as const;
    const edges = [
      edge('mutation:place', 'topic:orders'),
      edge('mutation:cancel', 'topic:orders'),
      edge('mutation:cancel', 'topic:refunds'),
      edge('mutation:pay', 'topic:payments'),
      edge('producer:/gateway', 'topic:payments'),
      edge('mutation:rate', 'topic:ratings'),
      edge('service:till', 'topic:ratings'),
    ];
    const published = new Map(['orders', 'refunds', 'payments', 'ratings'].map((name) => [name, 5]));
    expect([...ratesOfFields(edges, { delivered: new Map(), published })]).toEqual([['mutation:rate', 5]]);
  });

  it('ends the subscription of a reader who leaves, in the middle of a pause', async () => {
    const leaving = new AbortController();
    const flows = await page().Subscription?.['topologyFlows']?.({}, context(leaving.signal));
    if (flows === undefined) throw new Error('The page has this subscription');
    const results = flows[Symbol.asyncIterator]();
    expect(await results.next()).toMatchObject({ value: { data: { gaps: [], edges: expect.any(Array) } } });
    const next = results.next();
    leaving.abort();
    expect(await next).toMatchObject({ done: true });
  });
});
