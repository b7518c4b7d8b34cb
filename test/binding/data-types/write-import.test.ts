import { describe, expect, it } from 'vitest';
import { avroModel } from '../../../src/adapters/schema-registry/avro-model.js';
import { connectModel } from '../../../src/binding/data-types/connect-model.js';
import { projectNames } from '../../../src/binding/data-types/project-names.js';
import { sampleModel } from '../../../src/binding/data-types/sample-model.js';
import { type ImportedTopic, writeImport } from '../../../src/binding/data-types/write-import.js';
import type { DataModel } from '../../../src/core/data-model.js';
import type { JsonObject } from '../../../src/core/envelope/json-object.js';
import { stringifyJson } from '../../../src/core/exact-json.js';
import { diagnosticsOf } from '../schema.js';

const OTHERS = { hasTombstones: false, comments: ['From a test.'] };

/** The file of a topic. It has to be a valid schema together with the rest of the project. */
function written(imported: Omit<ImportedTopic, keyof typeof OTHERS>, project = '') {
  const names = projectNames(project === '' ? [] : [{ name: 'schema/own.graphql', body: project }]);
  const sdl = writeImport({ ...imported, ...OTHERS }, names);
  expect(diagnosticsOf(`${project}\n${sdl}`)).toEqual([]);
  return sdl;
}

const avro = (schema: unknown): DataModel =>
  avroModel({ schema: JSON.stringify(schema), schemaType: 'AVRO', references: [] }, []);

const repeated = (...objects: readonly JsonObject[]): readonly JsonObject[] =>
  Array.from({ length: 10 }, () => objects).flat();

describe('the file of an imported topic', () => {
  it('has a record with nested records, enums, unions, maps, logical types and descriptions', () => {
    const model = avro({
      ...{ type: 'record', name: 'Order', namespace: 'com.acme', doc: 'An order.' },
      fields: [
        { name: 'id', type: 'long', doc: 'Of the shop.' },
        { name: 'status', type: { type: 'enum', name: 'Status', symbols: ['OPEN', 'PAID'] } },
        { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
        { name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }] },
        { name: 'counts', type: { type: 'map', values: 'int' } },
        {
          name: 'by',
          type: [
            { type: 'record', name: 'Card', fields: [{ name: 'no', type: 'string' }] },
            { type: 'record', name: 'cash', fields: [{ name: 'to', type: 'string' }] },
          ],
        },
        { name: 'next', type: ['null', 'Order'] },
      ],
    });
    expect(
      written({ topic: 'shop.orders', envelope: 'JSON', value: 'AVRO', partitioner: 'CRC32', model }),
    ).toBe(`# From a test.

extend schema @topic(name: "shop.orders", envelope: JSON, value: AVRO, partitioner: CRC32)

"GraphQL requires a type Query. Replace its field by fields of your own."
type Query {
  ping: String
}

type Subscription {
  "Follows the topic shop.orders."
  orders: Order! @subscribe(topic: "shop.orders")
}

"An order."
type Order {
  "Of the shop."
  id: Long!
  status: Status!
  price: Decimal!
  at: DateTime
  # JSON, because it is a map, whose keys are data.
  counts: JSON!
  by: OrderBy!
  next: Order
}

type Card {
  no: String!
}

type cash {
  to: String!
}

enum Status {
  OPEN
  PAID
}

union OrderBy = Card | cash
`);
  });

  it('has names that neither the project nor GraphQL has, and extends the types that the project has', () => {
    const project = `type Query { ok: Boolean } type Order { id: ID } scalar Long
      type Subscription { orders: Order @subscribe(topic: "other") }`;
    const model = avro({
      ...{ type: 'record', name: 'Order', namespace: 'com.acme' },
      fields: [
        {
          name: 'published',
          type: { type: 'record', name: 'Published', fields: [{ name: 'n', type: 'int' }] },
        },
      ],
    });
    const sdl = written({ topic: 'shop.orders', envelope: 'JSON', value: 'AVRO', model }, project);
    expect(sdl).not.toContain('type Query');
    expect(sdl).toContain(
      'extend type Subscription {\n  "Follows the topic shop.orders."\n  shopOrders: AcmeOrder!',
    );
    expect(sdl).toContain('type AcmeOrder {\n  published: AcmePublished!\n}');
  });

  it('leaves out what GraphQL cannot name', () => {
    const model = sampleModel(
      new Map([['Order', repeated({ id: 1, 'order-no': 2, __x: 3, deep: { '1': 1, '2': 2 } })]]),
    );
    const sdl = written({ topic: 'orders', envelope: 'JSON', model });
    expect(sdl).toContain('# Not shown: "order-no", which is not a name in GraphQL.');
    expect(sdl).toContain('# Not shown: "__x", which is not a name in GraphQL.');
    expect(sdl).toContain('deep: JSON!');
  });

  it('takes nothing of a schema for SDL', () => {
    const text = 'a"""b\n} type Evil { a: Int }\n#';
    const model = avro({
      ...{ type: 'record', name: 'Order', doc: text },
      fields: [
        { name: 'a', type: 'int', doc: text },
        { name: 'b', type: text },
      ],
    });
    const sdl = written({ topic: 'orders', envelope: 'JSON', model });
    expect(projectNames([{ name: 'a', body: sdl }]).types).not.toContain('Evil');
  });

  it.each([
    ['CLOUDEVENTS', ['OrderPlaced', 'OrderPaid'], undefined],
    ['CLOUDEVENTS', ['com.acme.OrderPlaced.v1', 'com.acme.OrderPaid.v1'], 'types: { rule: LAST_NAME }'],
    ['JSON', ['OrderPlaced', 'OrderPaid'], 'types: {}'],
    [
      'CLOUDEVENTS',
      ['a.Placed', 'b.Placed'],
      'types: { names: [{ name: "a.Placed", type: "Placed" }, { name: "b.Placed", type: "BPlaced" }] }',
    ],
  ] as const)('declares where records name their types: %s, %j', (envelope, names, types) => {
    const model = sampleModel(new Map(names.map((name) => [name, repeated({ [`of${name.length}`]: 1 })])));
    const named = new Map(names.map((name) => [name, name]));
    const sdl = written({ topic: 'shop.orders', envelope, model, named });
    expect(/@topic\(.*?envelope: \w+(?:, (.*))?\)$/m.exec(sdl)?.[1]).toBe(types);
    expect(sdl).toMatch(/union OrdersEvent = \w+ \| \w+/);
    expect(sdl).toContain('orders: OrdersEvent! @subscribe(topic: "shop.orders")');
  });

  it("calls the types of Debezium's changes by their table", () => {
    const row = (optional: boolean, field: string) => ({
      ...{ type: 'struct', optional, field, name: 'shop.public.customers.Value' },
      fields: [
        { type: 'int64', optional: false, field: 'id' },
        { type: 'bytes', optional: true, field: 'credit', name: 'org.apache.kafka.connect.data.Decimal' },
        { type: 'int64', optional: true, field: 'since', name: 'io.debezium.time.MicroTimestamp' },
      ],
    });
    const model = connectModel(
      [
        {
          ...{ type: 'struct', name: 'shop.public.customers.Envelope' },
          fields: [row(true, 'before'), row(true, 'after'), { type: 'string', optional: false, field: 'op' }],
        },
      ],
      'Customer',
    );
    const sdl = written({ topic: 'shop.public.customers', envelope: 'DEBEZIUM', model });
    expect(sdl).toContain(
      'type CustomersChange {\n  before: Customers\n  after: Customers\n  op: String!\n}',
    );
    expect(sdl).toContain('type Customers {\n  id: Long!\n  credit: Decimal\n  since: LocalDateTime\n}');
  });
});

describe('types of samples', () => {
  const typeOf = (...values: readonly unknown[]) => {
    const model = sampleModel(new Map([['E', values.map((it) => (it === undefined ? {} : { it }))]]));
    const sdl = writeImport({ topic: 'e', envelope: 'JSON', model, ...OTHERS }, projectNames([]));
    return /^ {2}it: (.*)$/m.exec(sdl)?.[1];
  };
  const ten = (...values: readonly unknown[]) => typeOf(...Array.from({ length: 10 }, () => values).flat());

  it.each(
    (
      [
        [[1], 'Int!'],
        [[1, 2 ** 31], 'Long!'],
        [[1, 9_007_199_254_740_993n], 'Long!'],
        [[2n ** 63n], 'BigInt!'],
        [[1, 1.5], 'Float!'],
        [[true], 'Boolean!'],
        [['a'], 'String!'],
        [['2026-01-31T09:30:00Z', '2026-01-31T10:30:00.5+01:00'], 'DateTime!'],
        [['2026-01-31T09:30:00Z', 'soon'], 'String!'],
        [['2026-01-31'], 'Date!'],
        [['550e8400-e29b-41d4-a716-446655440000'], 'UUID!'],
        [[null, 1], 'Int'],
        [[undefined, 1], 'Int'],
        [[null], 'JSON'],
        [[1, 'a'], 'JSON!'],
        [[[1, 2], []], '[Int!]!'],
        [[[]], '[JSON]!'],
        [[[{ a: 1 }]], '[EItItem!]!'],
        [[{ a: 1 }], 'EIt!'],
        [[{}], 'JSON!'],
      ] as readonly (readonly [readonly unknown[], string])[]
    ).map(([values, type]) => [stringifyJson(values), type, values] as const),
  )('%s is %s', (_title, type, values) => {
    expect(ten(...values)).toBe(type);
  });

  it('are nullable while there are few samples', () => {
    expect(typeOf(1, 2, 3)).toBe('Int');
  });

  it('an object with members that are data, such as ids, is JSON', () => {
    const prices = Object.fromEntries(Array.from({ length: 200 }, (_, id) => [`id${id}`, id]));
    expect(ten(prices)).toBe('JSON!');
  });
});
