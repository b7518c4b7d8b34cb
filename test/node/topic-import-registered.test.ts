import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbeddedLog } from '../../src/adapters/embedded/log.js';
import { openEmbeddedStore } from '../../src/adapters/embedded/store.js';
import { avroSerde } from '../../src/adapters/schema-registry/avro.js';
import { frame } from '../../src/adapters/schema-registry/wire-format.js';
import { projectNames } from '../../src/binding/data-types/project-names.js';
import { writeImport } from '../../src/binding/data-types/write-import.js';
import { topic } from '../../src/core/ids.js';
import { readConfig } from '../../src/node/config.js';
import { openRegistry } from '../../src/node/schema-registry.js';
import { importTopic } from '../../src/node/topic-import.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { FakeRegistry } from '../adapters/schema-registry/fake-registry.js';
import { bound } from '../binding/schema.js';

const SIGNAL = new AbortController().signal;

const record = (name: string, ...fields: readonly (readonly [string, unknown])[]) => ({
  ...{ type: 'record', name, namespace: 'com.acme' },
  fields: fields.map(([field, type]) => ({ name: field, type })),
});
const PLACED = record('OrderPlaced', ['id', 'long']);
const PAID = record('OrderPaid', ['at', { type: 'long', logicalType: 'timestamp-millis' }]);
const ROW = { ...record('Value', ['id', 'long']), namespace: 'shop.public.customers' };
const ENVELOPE = {
  ...record('Envelope', ['before', ['null', ROW]], ['after', ['null', 'Value']], ['op', 'string']),
  namespace: 'shop.public.customers',
};
const CHANGES = {
  ...ENVELOPE,
  fields: [...ENVELOPE.fields, { name: 'source', type: record('Source', ['table', 'string']) }],
};

describe('what is imported of a topic whose values have a registered schema', () => {
  let dir: string;
  let store: ReturnType<typeof openEmbeddedStore>;
  let log: EventLog;
  let registry: FakeRegistry;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'millrace-import-'));
    store = openEmbeddedStore({ dir });
    log = openEmbeddedLog(store);
    registry = await FakeRegistry.start();
    for (const [index, schema] of [PLACED, PAID, CHANGES].entries()) registry.has(index + 1, schema);
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });

  const encoded = (id: number, schema: unknown, data: unknown): Buffer => {
    const serde = avroSerde({ schema: JSON.stringify(schema), schemaType: 'AVRO', references: [] }, []);
    return frame(id, serde.encode('', Buffer.from(JSON.stringify(data))));
  };
  const placed = encoded(1, PLACED, { id: 7 });
  const paid = encoded(2, PAID, { at: '2026-01-31T09:30:00Z' });

  async function importOf(
    name: string,
    records: readonly { readonly value: Buffer; readonly headers?: Readonly<Record<string, string>> }[],
  ): Promise<string> {
    await log.ensureTopics(
      [{ topic: topic(name), partitions: 1, replicas: 1, config: {} }],
      { create: true },
      SIGNAL,
    );
    const all = records.map(({ value, headers = {} }) => ({ topic: topic(name), key: null, headers, value }));
    if (all.length > 0) await log.append(all, SIGNAL);
    const opened = openRegistry(readConfig({ SCHEMA_REGISTRY_URL: registry.url }));
    const imported = await importTopic(topic(name), log, opened, SIGNAL);
    if (imported === undefined) throw new Error('Nothing says what the topic has');
    const sdl = writeImport(imported, projectNames([]));
    bound(sdl);
    return sdl;
  }

  it('several records in one topic are a union, although no subject has its name', async () => {
    const sdl = await importOf('orders', [{ value: placed }, { value: paid }]);
    expect(sdl).toContain('@topic(name: "orders", envelope: JSON, value: AVRO, types: { rule: LAST_NAME })');
    expect(sdl).toContain('union OrdersEvent = OrderPlaced | OrderPaid');
    expect(sdl).toContain('type OrderPaid {\n  at: DateTime!\n}');
  });

  it('CloudEvents in binary mode are named by their type, and have the fields of their record', async () => {
    const headers = (type: string) => ({ ce_specversion: '1.0', ce_id: '1', ce_source: '/a', ce_type: type });
    const sdl = await importOf('events', [
      { value: placed, headers: headers('com.acme.Placed.v1') },
      { value: paid, headers: headers('com.acme.Paid.v1') },
    ]);
    expect(sdl).toContain('envelope: CLOUDEVENTS, value: AVRO, types: { rule: LAST_NAME }');
    expect(sdl).toContain('union EventsEvent = Placed | Paid');
    expect(sdl).toContain('type Placed {\n  id: Long!\n}');
  });

  it('changes of Debezium in Avro are called by their table', async () => {
    const change = { before: null, after: { id: 7 }, op: 'c', source: { table: 'customers' } };
    const sdl = await importOf('shop.public.customers', [{ value: encoded(3, CHANGES, change) }]);
    expect(sdl).toContain('envelope: DEBEZIUM, value: AVRO)');
    expect(sdl).toContain('customers: CustomersChange! @subscribe');
    expect(sdl).toContain('type CustomersChange {\n  before: Customers\n  after: Customers\n  op: String!');
  });

  it('without records, the registered schema of the topic says it', async () => {
    const path = '/subjects/empty-value/versions/latest';
    registry.answers.set(path, { schema: JSON.stringify(PLACED), id: 1 });
    const sdl = await importOf('empty', []);
    expect(sdl).toContain('@topic(name: "empty", envelope: JSON, value: AVRO)');
    expect(sdl).toContain('empty: OrderPlaced! @subscribe');
  });

  it('values with the id of a schema need a registry', async () => {
    await importOf('needy', [{ value: placed }]);
    await expect(importTopic(topic('needy'), log, undefined, SIGNAL)).rejects.toThrow();
  });

  it('a schema that cannot be read is named', async () => {
    const path = '/subjects/broken-value/versions/latest';
    registry.answers.set(path, { schema: 'no JSON', id: 9 });
    await expect(importOf('broken', [])).rejects.toThrow(
      /^The registered schema of the subject broken-value cannot be used: /,
    );
  });
});
