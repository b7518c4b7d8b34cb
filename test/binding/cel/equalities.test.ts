import { describe, expect, it } from 'vitest';
import { topic } from '../../../src/core/ids.js';
import { bound } from '../schema.js';

const schemaWith = (filter: string) => `
  type Query { ok: Boolean }
  enum Kind { A B }
  type Subscription {
    said(room: ID!, size: Int, big: Int!, at: Float, kind: Kind, time: DateTime): Said @subscribe(topic: "said", filter: ${JSON.stringify(filter)})
  }
  type Said { room: ID!, size: Int, at: Float, kind: Kind, big: Int!, time: DateTime, tags: [String!]!, nested: Nested! }
  type Nested { x: Int }`;

function equalities(filter: string) {
  const bindings = bound(schemaWith(filter));
  const found = bindings.subscribes.get('said')?.equalities ?? [];
  const scope = {
    args: { room: 'r', size: 3, big: 3, kind: 'B', time: '2026-01-01T10:30:00+01:00' },
    claims: { sub: 'ada' },
  };
  return {
    found: found.map(({ field, value }) => [field, value(scope)]),
    indexed: bindings.topics.get(topic('said'))?.format.indexed,
  };
}

describe('C2 equalities of a filter', () => {
  it.each([
    ['event.room == args.room', [['room', '=r']]],
    ['args.room == event.room', [['room', '=r']]],
    ["event.room == args.room + '!' && event.big > 2", [['room', '=r!']]],
    [
      'event.size == args.size && (event.kind == args.kind)',
      [
        ['size', '=3'],
        ['kind', '=B'],
      ],
    ],
    ["event['room'] == claims.sub", [['room', '=ada']]],
    ["event.kind == 'A'", [['kind', '=A']]],
    ['event.size == null', [['size', 'null']]],
    ['event.size == (args.big + 1) * 2', [['size', '=8']]],
    ['event.size == -(args.big)', [['size', '=-3']]],
    ['event.room == (args.room)', [['room', '=r']]],
    ['(event.size) == ((args.size))', [['size', '=3']]],
    ['event.size == double(args.big)', [['size', '=3']]],
    ['event.time == args.time', [['time', '=1767259800.0']]],
    ["event.time == timestamp('2026-01-01T09:30:00Z')", [['time', '=1767259800.0']]],
  ])('C2 a filter %s has its equalities extracted', (filter, expected) => {
    const { found, indexed } = equalities(filter);
    expect(found).toEqual(expected);
    expect(indexed).toEqual(expected.map(([field]) => field));
  });

  it.each([
    'event.room == args.room || event.big > 2',
    '!(event.room == args.room)',
    'event.room != args.room',
    'event.at == args.at',
    'event.nested.x == args.size',
    'event.room == event.kind',
    'event.size == size(event.tags)',
    "'x' in event.tags",
  ])('C2 a filter %s has no equality to look events up by', (filter) => {
    expect(equalities(filter)).toEqual({ found: [], indexed: undefined });
  });
});
