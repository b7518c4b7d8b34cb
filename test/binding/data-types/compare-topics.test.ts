import { describe, expect, it } from 'vitest';
import { avroModel } from '../../../src/adapters/schema-registry/avro-model.js';
import { registeredMismatches } from '../../../src/binding/data-types/compare-topics.js';
import { formatDiagnostic } from '../../../src/binding/diagnostic.js';
import { topic } from '../../../src/core/ids.js';
import { bound } from '../schema.js';

/** What is wrong with the fields of a type, for an Avro record with these fields, without the file. */
function mismatches(fields: string, avro: Readonly<Record<string, unknown>>, more = '', types = '') {
  const record = { type: 'record', name: 'Order', namespace: 'com.acme' };
  const schema = { ...record, fields: Object.entries(avro).map(([name, type]) => ({ name, type })) };
  const bindings = bound(`extend schema @topic(name: "orders", envelope: JSON, value: AVRO${types})
type Query { ok: Boolean }
type Subscription { orders: Order! @subscribe(topic: "orders") }
type Order { ${fields} }
${more}`);
  const model = avroModel({ schema: JSON.stringify(schema), schemaType: 'AVRO', references: [] }, []);
  const registered = new Map([[topic('orders'), { subject: 'orders-value', model }]]);
  return registeredMismatches(bindings, {}, registered).map((one) =>
    formatDiagnostic(one).replace('schema/test.graphql:', ''),
  );
}

const STATUS = { type: 'enum', name: 'Status', symbols: ['OPEN', 'PAID', 'REFUNDED'] };
const CARD = { type: 'record', name: 'Card', fields: [{ name: 'no', type: 'string' }] };
const CASH = { type: 'record', name: 'Cash', fields: [{ name: 'by', type: 'string' }] };
const S = 'the registered schema orders-value';

describe('GraphQL types against the registered schema', () => {
  it.each([
    [
      'id: ID! n: Int big: Long note: String status: Status! at: DateTime price: Decimal! raw: Bytes',
      'enum Status { OPEN PAID REFUNDED }',
    ],
    ['id: String! n: Float big: BigInt note: ID status: String! at: String price: String! raw: JSON', ''],
    ['id: ID n: Date @epoch(unit: DAYS) big: DateTime @epoch(unit: MILLISECONDS)', ''],
    ['id: Own n: Own big: Own note: Own status: Own at: Own price: Own raw: Own', 'scalar Own'],
  ])('agree when every value can be shown: %s', (fields, more) => {
    expect(
      mismatches(
        fields,
        {
          ...{ id: 'long', n: 'int', big: 'long', note: ['null', 'string'], status: STATUS, raw: 'bytes' },
          at: { type: 'long', logicalType: 'timestamp-millis' },
          price: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 },
        },
        more,
      ),
    ).toEqual([]);
  });

  it.each([
    ['n: String!', ['null', 'string'], `4:17  Order.n is String!, and ${S} allows null there. Write String.`],
    ['n: Int!', 'long', `4:17  Order.n is Int!, and ${S} has integers of 64 bits. Write Long!.`],
    ['n: Float', 'long', `4:17  Order.n is Float, and ${S} has integers of 64 bits. Write Long!.`],
    [
      'n: Float!',
      { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 },
      `4:17  Order.n is Float!, and ${S} has decimals, which are shown as text with all their digits. Write Decimal!.`,
    ],
    [
      'n: Long!',
      { type: 'long', logicalType: 'timestamp-millis' },
      `4:17  Order.n is Long!, and ${S} has timestamps, which are shown in RFC 3339. Write DateTime!.`,
    ],
    [
      'n: DateTime!',
      'long',
      `4:17  Order.n is DateTime!, and ${S} has integers of 64 bits. Write Long!, or add @epoch(unit: MILLISECONDS) if it is the time since 1970.`,
    ],
    [
      'n: [Int!]!',
      { type: 'array', items: ['null', 'int'] },
      `4:17  An item of Order.n is Int!, and ${S} allows null there. Write Int.`,
    ],
    [
      'n: String',
      { type: 'map', values: 'int' },
      `4:17  Order.n is String, and ${S} has a map. Write JSON!.`,
    ],
    [
      'n: String',
      { type: 'array', items: 'int' },
      `4:17  Order.n is String, and ${S} has a list. Write a list: [Int!]!.`,
    ],
    [
      'n: String',
      CARD,
      `4:17  Order.n is String, and ${S} has the object com.acme.Card. Write an object type.`,
    ],
  ])('%s over %j', (fields, type, message) => {
    expect(mismatches(fields, { n: type })).toEqual([message]);
  });

  it('a field that the schema lacks', () => {
    expect(mismatches('n: Int typo: String must: Int!', { n: 'int' })).toEqual([
      `4:21  Order.typo is not in com.acme.Order of ${S}, so it is always null. Remove it, or give it a resolver. The fields there: n.`,
      `4:34  Order.must is not in com.acme.Order of ${S}, so it is always an error. Remove it, or give it a resolver. The fields there: n.`,
    ]);
  });

  it('enum values that one of both lacks', () => {
    expect(mismatches('n: Status', { n: STATUS }, 'enum Status { OPEN PAID }')).toEqual([
      `5:1  The enum Status lacks values that ${S} has for Order.n: REFUNDED. Add them: the field is an error for an event that has one.`,
    ]);
    expect(mismatches('n: Status', { n: STATUS }, 'enum Status { OPEN PAID REFUNDED PIAD }')).toEqual([
      `5:1  The enum Status has values that ${S} lacks for Order.n: PIAD. Remove them, or register a schema that has them.`,
    ]);
  });

  it('a branch that the union lacks, and what is wrong within the others', () => {
    const more = 'union Pay = Card | Gift\ntype Card { no: Int }\ntype Gift { code: ID }';
    expect(mismatches('n: Pay', { n: [CARD, CASH] }, more)).toEqual([
      `4:17  Order.n is Pay, and ${S} has the branch com.acme.Cash there, which Pay lacks. Write a type Cash, and add it to Pay.`,
      `6:17  Card.no is Int, and ${S} has text. Write String!.`,
    ]);
  });

  it('a record whose type no field shows', () => {
    expect(
      mismatches(
        'n: Int',
        { n: 'int' },
        '',
        ', types: { names: [{ name: "com.acme.Other", type: "Order" }] }',
      ),
    ).toEqual([
      '1:15  Records of orders can be com.acme.Order, which is the type com.acme.Order by @topic(types:), and no field shows it. Add it to a field that follows orders. Types that are shown: Order.',
    ]);
    expect(mismatches('n: Int', { n: 'int' }, '', ', types: { rule: LAST_NAME }')).toEqual([]);
  });
});
