import { describe, expect, it } from 'vitest';
import { topic } from '../../../src/core/ids.js';
import { bound, diagnosticsOf } from '../schema.js';

const schema = (declarations: string) => `
  ${declarations}
  type Query { ok: Int }
  type Subscription { s(k: ID!): E @subscribe(topic: "orders", key: "args.k") }
  type E { n: Int }`;

const partitionerOf = (declarations: string, name = 'orders') =>
  bound(schema(declarations)).topics.get(topic(name))?.format.partitioner;

describe('@topic', () => {
  it.each(['MURMUR2', 'CRC32', 'FNV1A', 'NONE'])('declares the partitioner %s of a topic', (partitioner) => {
    expect(partitionerOf(`extend schema @topic(name: "orders", partitioner: ${partitioner})`)).toBe(
      partitioner,
    );
  });

  it('declares nothing about other topics, and nothing without an argument', () => {
    expect(partitionerOf('extend schema @topic(name: "other", partitioner: CRC32)')).toBeUndefined();
    expect(partitionerOf('extend schema @topic(name: "orders")')).toBeUndefined();
    expect(partitionerOf('')).toBeUndefined();
  });

  it('keeps what the fields say of the topic', () => {
    const { topics } = bound(schema('extend schema @topic(name: "orders", partitioner: FNV1A)'));
    expect(topics.get(topic('orders'))).toMatchObject({
      format: { kind: 'CLOUDEVENTS', partitioner: 'FNV1A' },
      types: new Set(['E']),
    });
  });

  it('declares topics that only services use, several of them, and on the schema definition as well', () => {
    const declarations = `schema @topic(name: "a", partitioner: NONE) { query: Query subscription: Subscription }
      extend schema @topic(name: "b", partitioner: CRC32) @topic(name: "c", partitioner: FNV1A)`;
    expect(['a', 'b', 'c'].map((name) => partitionerOf(declarations, name))).toEqual([
      'NONE',
      'CRC32',
      'FNV1A',
    ]);
  });

  it('rejects a topic that is declared twice, an invalid name, and an unknown partitioner', () => {
    const problems = (declarations: string) =>
      diagnosticsOf(schema(declarations)).map((line) => line.replace(/^\S+ {2}/, ''));
    expect(
      problems('extend schema @topic(name: "t", partitioner: NONE) @topic(name: "t", partitioner: CRC32)'),
    ).toEqual(['The topic t is declared twice. Write one @topic that has all of it.']);
    expect(problems('extend schema @topic(name: "a b")')).toEqual([
      expect.stringMatching(/^Invalid topic name "a b"\. Use 1 to 249/),
    ]);
    expect(problems('extend schema @topic(name: "t", partitioner: RANDOM)')).toEqual([
      expect.stringMatching(/^Argument "partitioner" has invalid value RANDOM/),
    ]);
  });
});

describe('@topic(envelope:, types:)', () => {
  const orders = (topicArguments: string, more = '') => `
    extend schema @topic(name: "orders", ${topicArguments})
    type Query { ok: Int }
    ${more}
    type Subscription { orders: OrderEvent! @subscribe(topic: "orders") }
    union OrderEvent = OrderPlaced | OrderCancelled
    type OrderPlaced { id: ID! }
    type OrderCancelled { id: ID! }`;
  const formatOf = (sdl: string) => bound(sdl).topics.get(topic('orders'))?.format;
  const problems = (sdl: string) => diagnosticsOf(sdl).map((line) => line.replace(/^\S+ {2}/, ''));

  it('declares the envelope for all fields of a topic, and where its records name their type', () => {
    expect(
      formatOf(orders('envelope: JSON, types: { header: "__TypeId__", rule: LAST_NAME }')),
    ).toMatchObject({
      kind: 'JSON',
      typeNames: { source: { kind: 'header', name: '__TypeId__' }, rule: 'LAST_NAME' },
    });
    expect(
      formatOf(orders('types: { names: [{ name: "com.acme.Placed.v1", type: "OrderPlaced" }] }')),
    ).toMatchObject({
      kind: 'CLOUDEVENTS',
      typeNames: { source: { kind: 'envelope' }, table: new Map([['com.acme.Placed.v1', 'OrderPlaced']]) },
    });
  });

  it('needs one type for records that do not name theirs', () => {
    expect(problems(orders('envelope: DEBEZIUM'))).toEqual([
      'The DEBEZIUM topic orders has several event types: OrderCancelled, OrderPlaced. Use one object type, or say with @topic(types:) where its records name their type.',
    ]);
  });

  it('rejects a format of a field that is not the envelope', () => {
    const other =
      'type Mutation { place(id: ID!): Published! @publish(topic: "orders", type: "OrderPlaced", key: "args.id", format: CLOUDEVENTS) }';
    expect(problems(orders('envelope: JSON, types: { header: "type" }', other))).toEqual([
      'The topic orders has format CLOUDEVENTS here, but its @topic has the envelope JSON. Leave the format out here.',
    ]);
  });

  it('rejects a header beside a field, names that are listed twice and types that the schema lacks', () => {
    const names = '{ name: "a", type: "OrderPlaced" }, { name: "a", type: "Missing" }';
    expect(problems(orders(`types: { header: "h", field: "f", names: [${names}] }`))[0]).toMatch(
      /^The types of a topic are in the header or in the field, not in both\./,
    );
    expect(problems(orders('types: { names: [{ name: "a", type: "Missing" }] }'))).toEqual([
      'Missing is not an object type. Give the object type that a stands for.',
    ]);
  });

  it('rejects mutations that publish change events of a database', () => {
    const publish =
      'type Mutation { place(id: ID!): Published! @publish(topic: "orders", type: "OrderPlaced", key: "args.id") }';
    expect(problems(orders('envelope: DEBEZIUM, types: { rule: LAST_NAME }', publish))).toEqual([
      'The topic orders has change events of a database, so nothing but its connector can publish to it. Publish to another topic, or write to the database.',
    ]);
  });
});
