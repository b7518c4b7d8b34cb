import { describe, expect, it } from 'vitest';
import { topic } from '../../../src/core/ids.js';
import { bound } from '../schema.js';

const schemaWith = (filter: string) => `
  type Query { ok: Boolean }
  enum Kind { A B }
  type Subscription {
    said(room: ID!, size: Int, at: Float, kind: Kind): Said @subscribe(topic: "said", filter: ${JSON.stringify(filter)})
  }
  type Said { room: ID!, size: Int, at: Float, kind: Kind, tags: [String!], nested: Nested }
  type Nested { x: Int }`;

function equalities(filter: string) {
  const bindings = bound(schemaWith(filter));
  const found = bindings.subscribes.get('said')?.equalities ?? [];
  const scope = { args: { room: 'r', size: 3, kind: 'B' }, claims: { sub: 'ada' } };
  return {
    found: found.map(({ field, value }) => [field, value(scope)]),
    indexed: bindings.topics.get(topic('said'))?.format.indexed,
  };
}

describe('C2 equalities of a filter', () => {
  it.each([
    ['event.room == args.room', [['room', 'r']]],
    ['args.room == event.room', [['room', 'r']]],
    ["event.room == args.room + '!' && event.size > 2", [['room', 'r!']]],
    [
      'event.size == args.size && (event.kind == args.kind)',
      [
        ['size', 3],
        ['kind', 'B'],
      ],
    ],
    ["event['room'] == claims.sub", [['room', 'ada']]],
    ["event.kind == 'A'", [['kind', 'A']]],
    ['event.size == null', [['size', null]]],
  ])('C2 a filter %s has its equalities extracted', (filter, expected) => {
    const { found, indexed } = equalities(filter);
    expect(found).toEqual(expected);
    expect(indexed).toEqual(expected.map(([field]) => field));
  });

  it.each([
    'event.room == args.room || event.size > 2',
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
