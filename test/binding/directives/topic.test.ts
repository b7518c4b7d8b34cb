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
