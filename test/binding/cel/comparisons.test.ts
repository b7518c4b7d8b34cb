import { describe, expect, it } from 'vitest';
import { bound } from '../schema.js';

/** Compiles a filter over an event and arguments with each number type. It is evaluated with plain JSON numbers. */
function filter(expression: string) {
  const { subscribes } = bound(`
    type Query { hello: String }
    type Stock {
      int: Int!, float: Float!, id: ID!, maybe: Int, text: String, yes: Boolean, at: DateTime
      list: [Int!], ints: [Int!]!, inner: Inner, one: Inner!, items: [Inner!], all: [Inner!]!, level: Level, json: Json, any: Json!
    }
    type Inner { int: Int!, maybe: Int, again: Inner }
    enum Level { LOW HIGH }
    scalar Json
    input Limits { int: Int! = 7, maybe: Int, inner: [Limits!] }
    type Subscription {
      s(int: Int! = 10, float: Float! = 1.0, maybe: Int, text: String, id: ID, level: Level, limits: Limits, most: Limits! = {}): Stock!
        @subscribe(topic: "t", filter: "${expression}")
    }`);
  const run = subscribes.get('s')?.filter;
  if (!run) throw new Error('no filter');
  return (
    args: Record<string, unknown>,
    event: Record<string, unknown>,
    claims: Record<string, unknown> = {},
  ) => run({ args, claims, event });
}

describe('numbers in a filter', () => {
  const [three, big] = [
    { int: 3, float: 3 },
    { int: 20, float: 20.5 },
  ];
  for (const field of ['int', 'float']) {
    for (const other of ['args.int', 'args.float', '10', '10.0', '10.5', 'claims.limit']) {
      const scope = { int: 10, float: 10.5 };
      it(`a filter event.${field} < ${other} compares by value`, () => {
        const less = filter(`event.${field} < ${other}`);
        expect(less(scope, three, { limit: 10 })).toBe(true);
        expect(less(scope, big, { limit: 10 })).toBe(false);
        const notLess = filter(`${other} <= event.${field}`);
        expect(notLess(scope, three, { limit: 10 })).toBe(false);
        expect(notLess(scope, big, { limit: 10 })).toBe(true);
      });
      it(`a filter event.${field} == ${other} compares by value`, () => {
        const value = other.endsWith('.5') || other === 'args.float' ? 10.5 : 10;
        const equal = filter(`event.${field} == ${other}`);
        const mirrored = filter(`${other} == event.${field}`);
        const differs = filter(`event.${field} != ${other}`);
        const event = { int: 10, float: value };
        const expected = field === 'float' || value === 10;
        expect(equal(scope, event, { limit: 10 })).toBe(expected);
        expect(mirrored(scope, event, { limit: 10 })).toBe(expected);
        expect(differs(scope, event, { limit: 10 })).toBe(!expected);
        expect(equal(scope, three, { limit: 10 })).toBe(false);
      });
    }
  }

  it('a filter computes with Ints, alone and in lists', () => {
    expect(filter('event.int + args.int * 2 == 23')({ int: 10 }, three)).toBe(true);
    expect(filter('event.int in [1, 2, 3]')({}, three)).toBe(true);
    expect(filter('event.int in event.ints')({}, { int: 3, ints: [3] })).toBe(true);
    expect(filter('event.ints.exists(x, x > args.int)')({ int: 10 }, { ints: [1, 11] })).toBe(true);
    expect(filter('event.all.all(i, i.int > 0)')({}, { all: [{ int: 1 }] })).toBe(true);
    expect(filter('event.one.int == args.most.int')({ most: { int: 7 } }, { one: { int: 7 } })).toBe(true);
    expect(filter('string(event.int) == args.text')({ text: '3' }, three)).toBe(true);
  });
});

describe('absent values in a filter', () => {
  it('an absent value is null in a filter, whatever its type', () => {
    for (const name of ['maybe', 'text', 'yes', 'at', 'list', 'inner', 'items', 'level', 'json']) {
      expect(filter(`event.${name} == null`)({}, { int: 1 })).toBe(true);
      expect(filter(`null != event.${name}`)({}, { int: 1 })).toBe(false);
    }
    expect(filter('args.maybe == null || event.int > args.maybe')({}, { int: 1 })).toBe(true);
    expect(filter('args.maybe == null || event.int > args.maybe')({ maybe: 5 }, { int: 1 })).toBe(false);
    expect(filter('args.limits == null')({}, {})).toBe(true);
    expect(filter('args.limits == null')({ limits: { int: 1 } }, {})).toBe(false);
  });
});

describe('strings in a filter', () => {
  it('ID and enum values are strings in a filter', () => {
    expect(filter('event.id == args.id')({ id: '7' }, { id: 7 })).toBe(true);
    expect(
      filter("event.level == args.level && event.level == 'LOW'")({ level: 'LOW' }, { level: 'LOW' }),
    ).toBe(true);
  });
});

describe('custom scalars in a filter', () => {
  it('a filter reads a value of a custom scalar as the JSON that it is', () => {
    expect(filter("has(event.any.a) && event.any.a[0] == 'x'")({}, { any: { a: ['x'] } })).toBe(true);
  });
});
