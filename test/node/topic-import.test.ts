import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbeddedLog } from '../../src/adapters/embedded/log.js';
import { openEmbeddedStore } from '../../src/adapters/embedded/store.js';
import { projectNames } from '../../src/binding/data-types/project-names.js';
import { writeImport } from '../../src/binding/data-types/write-import.js';
import { topic } from '../../src/core/ids.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { importTopic } from '../../src/node/topic-import.js';
import { reportLines, reportOn } from '../../src/placement/topic-report.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { bound } from '../binding/schema.js';

const SIGNAL = new AbortController().signal;

interface Given {
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly value: unknown;
}

describe('what is imported of a topic without a registry', () => {
  let dir: string;
  let store: ReturnType<typeof openEmbeddedStore>;
  let log: EventLog;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'millrace-import-'));
    store = openEmbeddedStore({ dir });
    log = openEmbeddedLog(store);
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });

  let topics = 0;
  /** The lines of `@topic`, of the subscription and of unions, after the records were decoded as the lines say. */
  async function importOf(records: readonly Given[]) {
    topics += 1;
    const name = topic(`shop.orders${topics}`);
    await log.ensureTopics(
      [{ topic: name, partitions: 1, replicas: 1, config: {} }],
      { create: true },
      SIGNAL,
    );
    await log.append(
      records.map(({ key = null, headers = {}, value }) => ({
        ...{ topic: name, key, headers },
        value: value === null || Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value)),
      })),
      SIGNAL,
    );
    const imported = await importTopic(name, log, undefined, SIGNAL);
    if (imported === undefined) return undefined;
    const sdl = writeImport(imported, projectNames([]));
    const binding = bound(sdl).topics.get(name);
    if (binding === undefined) throw new Error('The file declares another topic');
    // What is written is what the records are: each of them is an event that a field shows.
    const decoder = new RecordDecoder(new Map([[name, binding.format]]));
    const options = { log, decoder, types: binding.types, statefulServices: [], records: 500 };
    const report = await reportOn(name, options, SIGNAL);
    expect({ invalid: report.invalid, notShown: report.notShown }).toEqual({ invalid: {}, notShown: {} });
    const line = /@topic\(name: "[^"]*", (.*)\)$/m.exec(sdl)?.[1];
    return { line, type: /orders\d+: (.*) @subscribe/.exec(sdl)?.[1], sdl };
  }

  const ce = (type: string, data: unknown, id = '1') => ({
    headers: { ce_specversion: '1.0', ce_id: id, ce_source: '/a', ce_type: type },
    value: data,
  });
  const STRUCT = {
    type: 'struct',
    name: 'com.acme.Order',
    fields: [{ type: 'int64', optional: false, field: 'id' }],
  };
  const change = { before: null, after: { id: 1 }, op: 'c', source: { table: 'orders' }, ts_ms: 1 };

  it.each([
    ['plain JSON', [{ value: { id: 1 } }], 'envelope: JSON', /^Orders\d+!$/],
    [
      'tombstones among plain JSON',
      [{ value: { id: 1 } }, { key: 'k', value: null }],
      'envelope: JSON',
      /^Orders\d+$/,
    ],
    [
      'types in a field',
      [1, 2].flatMap((id) => [{ value: { type: 'Placed', id } }, { value: { type: 'Paid', at: id } }]),
      'envelope: JSON, types: { field: "type" }',
      /^Orders\d+Event!$/,
    ],
    [
      'a field `type` that is no more than an enum',
      [1, 2].flatMap((id) => [{ value: { type: 'A', id } }, { value: { type: 'B', id } }]),
      'envelope: JSON',
      /^Orders\d+!$/,
    ],
    [
      "types in Spring's header",
      ['com.acme.Placed', 'com.acme.Paid'].map((name) => ({
        headers: { __TypeId__: name },
        value: { id: 1 },
      })),
      'envelope: JSON, types: { header: "__TypeId__", rule: LAST_NAME }',
      /^Orders\d+Event!$/,
    ],
    ['CloudEvents of one type', [ce('OrderPlaced', { id: 1 })], 'envelope: CLOUDEVENTS', /^OrderPlaced!$/],
    [
      'CloudEvents in structured mode',
      [
        {
          headers: { 'content-type': 'application/cloudevents+json' },
          value: { specversion: '1.0', id: '1', source: '/a', type: 'com.acme.Placed.v1', data: { id: 1 } },
        },
      ],
      'envelope: CLOUDEVENTS, types: { rule: LAST_NAME }',
      /^Placed!$/,
    ],
    [
      'values of Kafka Connect',
      [{ value: { schema: STRUCT, payload: { id: 1 } } }],
      'envelope: CONNECT',
      /^Order!$/,
    ],
    [
      'changes of Debezium',
      [{ value: change }, { key: 'k', value: null }],
      'envelope: DEBEZIUM',
      /^\w+Change!$/,
    ],
    [
      "messages of Debezium's outbox",
      [{ headers: { id: '7', eventType: 'OrderPlaced' }, value: { id: 1 } }],
      'envelope: DEBEZIUM_OUTBOX, types: {}',
      /^OrderPlaced!$/,
    ],
    ['keys in JSON', [{ key: '{"id":1}', value: { id: 1 } }], 'envelope: JSON, key: JSON', /./],
    [
      'keys of 8 bytes',
      [{ key: '\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0007', value: { id: 1 } }],
      'envelope: JSON, key: INT64',
      /./,
    ],
  ] as const)(
    '%s: each record is an event of a type that the field shows',
    async (_title, records, line, type) => {
      const imported = await importOf(records);
      expect(imported?.line).toBe(line);
      expect(imported?.type).toMatch(type);
    },
  );

  it('nothing, when no record can be read', async () => {
    expect(await importOf([{ value: Buffer.from('no JSON') }])).toBeUndefined();
  });

  it('`check --live` says how many records are otherwise than declared, and what to write', async () => {
    const name = topic('mixed');
    await log.ensureTopics(
      [{ topic: name, partitions: 1, replicas: 1, config: {} }],
      { create: true },
      SIGNAL,
    );
    const structured = { specversion: '1.0', id: '1', source: '/a', type: 'Order', data: {} };
    const records = [{ id: 1 }, { id: 2 }, structured].map((value) => ({
      ...{ topic: name, key: null, value: Buffer.from(JSON.stringify(value)) },
      headers: value === structured ? { 'content-type': 'application/cloudevents+json' } : {},
    }));
    await log.append(records, SIGNAL);
    const decoder = new RecordDecoder(new Map([[name, { kind: 'JSON', type: 'Order' } as const]]));
    const options = { log, decoder, types: new Set(['Order']), statefulServices: [], records: 500 };
    expect(reportLines(await reportOn(name, options, SIGNAL))).toEqual([
      'mixed: 3 records read, 0 with a key, 1 partitions',
      '  2 of 3 are events as it is declared',
      '  1 records are not events: structured',
      '  1 look like CloudEvents in structured mode: write @topic(name: "mixed", envelope: CLOUDEVENTS)',
    ]);
  });
});
