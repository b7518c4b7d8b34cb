import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbeddedLog } from '../../src/adapters/embedded/log.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/adapters/embedded/store.js';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { MillraceError } from '../../src/core/errors.js';
import { eventId, topic } from '../../src/core/ids.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { LiveMap } from '../../src/topology/live-map.js';
import { bound } from '../binding/schema.js';
import { handledAll, Recorder, soon } from '../contract/event-log-tools.js';

const SCHEMA = `
  type Query { hello: String }
  type Mutation { place(id: ID!): Published! @publish(topic: "orders", type: "Placed", key: "args.id", data: "{'id': args.id}") }
  type Subscription { placed: Placed! @subscribe(topic: "orders") }
  type Placed { id: ID! }
`;
const OWN = {
  relay: 'm-relay',
  services: new Map([['till', 'm-service-till']]),
  views: new Map<string, string>(),
  redrive: 'm-dead-letters',
};
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

const mapOf = (of: Pick<EventLog, 'inspection' | 'bounds' | 'read' | 'describe'>): LiveMap =>
  new LiveMap(
    {
      log: of,
      decoder: new RecordDecoder(),
      parts: { bindings: bound(SCHEMA), services: [{ name: 'till', topics: ['orders'] }], views: [] },
      deadLetterSuffix: '.dlt',
      own: OWN,
    },
    life.signal,
  );

async function append(source: string, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, i) => ({
    ...encodeEvent(topic('orders'), {
      id: eventId(`${source} ${i}`),
      source,
      type: 'Placed',
      subject: `k${i}`,
      time: '2026-01-31T09:30:00.000Z',
      data: Buffer.from('{"id":"a"}'),
    }),
  }));
  await log.append(records, soon());
}

/** Reads once, and commits. */
async function consume(group: string, count: number): Promise<void> {
  const recorder = new Recorder();
  await using _member = await log.join({ group, topics: [topic('orders')] }, recorder, soon());
  await handledAll(recorder, count);
}

describe('the live map', () => {
  it('has the groups of other programs as nodes, knows its own, and what each has not read yet', async () => {
    await append('urn:bank', 3);
    for (const group of ['m-relay', 'm-service-till', 'billing']) await consume(group, 3);
    await append('urn:bank', 2);
    const { topology, groups, flows, gaps } = await mapOf(log).read(soon());
    expect(gaps).toEqual([]);
    expect(topology.nodes.map(({ id }) => id)).toEqual([
      'deadLetters:orders.dlt',
      'group:billing',
      'mutation:place',
      'producer:urn:bank',
      'service:till',
      'subscription:placed',
      'topic:orders',
    ]);
    expect(groups.map(({ name, role }) => [name, role])).toEqual([
      ['billing', undefined],
      ['m-relay', 'the relay'],
      ['m-service-till', 'the service till'],
    ]);
    expect(flows.filter(({ lag }) => lag !== undefined).map(({ to, lag }) => [to, lag])).toEqual([
      ['group:billing', 2],
      ['service:till', 2],
      ['subscription:placed', 2],
    ]);
  });

  it('reads the log once for all who look at the same time', async () => {
    let readings = 0;
    const { inspection } = log;
    if (inspection === undefined) throw new Error('The embedded log has an inspection');
    const counted = {
      ends: inspection.ends.bind(inspection),
      groups: (...args: Parameters<typeof inspection.groups>) => {
        readings++;
        return inspection.groups(...args);
      },
    };
    const counting = new Proxy(log, {
      get: (target, name) => {
        if (name === 'inspection') return counted;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const map = mapOf(counting);
    await Promise.all(Array.from({ length: 20 }, () => map.read(soon())));
    await map.read(soon());
    expect(readings).toBe(1);
  });

  it('shows the schema and the project, and says what is missing, when the log is away or lists no groups', async () => {
    const down = async (): Promise<never> => {
      throw new MillraceError('LOG_UNAVAILABLE', 'Kafka cannot be reached');
    };
    const { bounds, read, describe } = log;
    const away = await mapOf({
      inspection: { ends: down, groups: down, topics: down },
      bounds,
      read,
      describe,
    }).read(soon());
    expect(away.topology.nodes.map(({ id }) => id)).toContain('mutation:place');
    expect(away.gaps).toEqual([
      expect.stringMatching(/^The log cannot be inspected at the moment \(Kafka cannot/),
    ]);
    const plain = await mapOf({ inspection: undefined, bounds, read, describe }).read(soon());
    expect(plain.gaps).toEqual(['This log does not list consumer groups.']);
  });
});
