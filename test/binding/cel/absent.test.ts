import { describe, expect, it } from 'vitest';
import { bound, diagnosticsOf } from '../schema.js';
import { filterWith, problemsWith } from './filter.js';

const OVER = {
  fields: `coupon: String, price: Int, name: String, flag: Boolean, n: Int!, at: DateTime, tags: [String], words: [String!]!
    order: Order, must: Order!, orders: [Order!]!, meta: Json`,
  args: '(x: Int, text: String, limits: Limits)',
  more: 'scalar Json type Order { total: Int, id: ID!, next: Order } input Limits { most: Int }',
};
const holds = filterWith(OVER);
const problems = problemsWith(OVER);
/** An event with what its type requires. */
const event = (more: object) => ({ n: 1, words: [], must: { id: 'm' }, orders: [], ...more });

describe('has() in an expression', () => {
  it('has() of a field of the event is false when it is absent or null', () => {
    expect(holds('has(event.coupon)', event({}))).toBe(false);
    expect(holds('has(event.coupon)', event({ coupon: null }))).toBe(false);
    expect(holds('has(event.coupon)', event({ coupon: '' }))).toBe(true);
    expect(holds('!has(event.coupon)', event({}))).toBe(true);
  });

  it('has() of an argument is false when it is left out or null', () => {
    for (const [args, expected] of [
      [{}, true],
      [{ x: null }, true],
      [{ x: 1 }, true],
      [{ x: 2 }, false],
    ] as const)
      expect(holds('!has(args.x) || event.n == args.x', event({}), args)).toBe(expected);
    expect(holds('has(args.limits.most)', event({}), { limits: {} })).toBe(false);
    expect(holds('has(args.limits.most)', event({}), { limits: { most: 0 } })).toBe(true);
  });

  it('has() of a nested field is false where an object before it is absent', () => {
    expect(holds('has(event.order.total)', event({}))).toBe(false);
    expect(holds('has(event.order.total)', event({ order: null }))).toBe(false);
    expect(holds('has(event.order.next.total)', event({ order: { next: { total: 0 } } }))).toBe(true);
    expect(holds('event.orders.exists(o, has(o.total))', event({ orders: [{ id: 1 }] }))).toBe(false);
  });

  it('has() of a claim asks whether the caller has it, as CEL does for maps', () => {
    expect(holds('has(claims.sub)', event({}))).toBe(false);
    expect(holds('has(claims.sub)', event({}), {}, { sub: 'ada' })).toBe(true);
    expect(holds('has(claims.sub)', event({}), {}, { sub: null })).toBe(true);
    expect(() => holds('has(claims.a.b)', event({}))).toThrow(/No such key: a/);
  });

  it('S1 a rule with has() does not allow a caller who leaves the argument out', () => {
    const { subscribes } = bound(`type Query { q: Int } type E { id: ID! }
      type Subscription { s(id: ID): E @subscribe(topic: "t") @auth(rule: "has(args.id) && args.id == claims.sub") }`);
    const rule = subscribes.get('s')?.rule;
    expect(rule?.allows({ args: {}, claims: { sub: 'ada' } })).toBe(false);
    expect(rule?.allows({ args: { id: 'ada' }, claims: { sub: 'ada' } })).toBe(true);
  });

  it('reads an absent field as null, so that comparing it by == is not an error', () => {
    expect(holds('event.coupon == null', event({}))).toBe(true);
    expect(holds('event.price == 3', event({}))).toBe(false);
    expect(holds('event.at == null && event.meta == null && event.order == null', event({}))).toBe(true);
  });
});

describe('a value that may be null where null is an error', () => {
  it.each([
    ['event.price > 10', 'event.price', 'has(event.price) && event.price > 10'],
    ['event.flag', 'event.flag', 'has(event.flag) && event.flag'],
    ["event.name.startsWith('a')", 'event.name', "has(event.name) && event.name.startsWith('a')"],
    ['!event.flag', 'event.flag', 'has(event.flag) && !event.flag'],
    ['event.n > args.x', 'args.x', 'has(args.x) && event.n > args.x'],
    ['event.order.total == 1', 'event.order', 'has(event.order) && event.order.total == 1'],
    ['-event.price < 3', 'event.price', 'has(event.price) && -event.price < 3'],
    ['1 - (2 - event.price) == 3', 'event.price', 'has(event.price) && 1 - (2 - event.price) == 3'],
    ['event.n == 1 || event.price > 10', 'event.price', 'has(event.price) && event.price > 10'],
    ['has(event.name) && event.price > 10', 'event.price', 'has(event.price) && event.price > 10'],
    ['has(event.price) || event.price > 10', 'event.price', 'has(event.price) && event.price > 10'],
    ["event.tags.exists(t, t == 'x')", 'event.tags', "has(event.tags) && event.tags.exists(t, t == 'x')"],
    ["'x' in event.tags", 'event.tags', "has(event.tags) && 'x' in event.tags"],
    ['size(event.name) > 1', 'event.name', 'has(event.name) && size(event.name) > 1'],
    ['event.orders.all(o, o.total > 1)', 'o.total', 'has(o.total) && o.total > 1'],
    ['has(event.tags) && event.tags.all(t, t.size() > 1)', 't', 't != null && t.size() > 1'],
    [
      "event.at > timestamp('2026-01-01T00:00:00Z')",
      'event.at',
      "has(event.at) && event.at > timestamp('2026-01-01T00:00:00Z')",
    ],
    [
      'event.meta.count > 1',
      'event.meta',
      'has(event.meta) && has(event.meta.count) && event.meta.count > 1',
    ],
    ['event.flag ? event.n > 1 : true', 'event.flag', 'has(event.flag) && event.flag'],
    [
      '(event.n > 1 ? event.price : 2) > 1',
      'event.price',
      'has(event.price) ? event.price : … with a value for that case',
    ],
    ['[event.price, 1][0] > 1', 'event.price', 'has(event.price) && [event.price, 1][0] > 1'],
    ["{'a': event.price}.a > 1", 'event.price', "has(event.price) && {'a': event.price}.a > 1"],
    ['[event.price].exists(p, p > 1)', 'event.price', 'has(event.price) && [event.price].exists(p, p > 1)'],
  ])('is reported at start with what to write: %s', (filter, node, instead) => {
    expect(problems(filter)).toEqual([
      `${node} may be null or absent, and has no value here then. Write ${instead}.`,
    ]);
  });

  it.each([
    'has(event.price) && event.price > 10',
    'event.price > 10 && has(event.price)',
    'event.price != null && event.price > 10',
    '!has(event.price) || event.price > 10',
    'event.price == null || event.price > 10',
    'has(event.price) ? event.price > 10 : false',
    '!has(event.price) ? false : event.price > 10',
    '!(!has(event.price) || event.price <= 10)',
    '(has(event.price) ? event.price : 0) > 10',
    'has(event.price) && (event.n > 1 || event.price > 10)',
    '(has(event.price) && event.n > 0) && event.price > 10',
    '(has(event.price) && event.n == 1 || has(event.price) && event.n == 2) && event.price > 1',
    'has(event.order.total) && event.order.total > 10',
    'event.order != null && event.order.total != null && event.order.total > 10',
    'has(event.must.next.total) && event.must.next.total > 1',
    "has(event.tags) && event.tags.exists(t, t != null && t.startsWith('a'))",
    'event.orders.exists(o, has(o.total) && o.total > 1)',
    'event.orders.exists(o, has(event.price) && event.price > o.id.size())',
    'has(event.price) && event.orders.all(o, event.price > 1)',
    "event.name in ['a', 'b'] && event.name.size() == 1",
    "event.name == 'a' && event.name.size() == 1",
    "event.words.exists(w, w.startsWith('a'))",
    'event.flag == true',
    'has(event.flag) && event.flag',
    'event.n == 1 ? true : has(event.flag) && event.flag',
    "has(event.name) && event.name.matches('a')",
    'has(event.price) && cel.bind(p, event.price, p > 10)',
    'event.orders.filter(o, has(o.total)).size() > 0',
    'event.orders.map(o, has(o.total), o.total + 1).size() > 0',
    'claims.level > 3.0',
    "has(event.meta.a) && event.meta.a == 'x'",
    'event.price == args.x',
    // Elements of a list that are only compared.
    'event.n in [event.price, args.x]',
    '[event.price] == [args.x]',
    'event.n in event.words.map(w, event.price)',
    'args.text == null || event.name == args.text',
  ])('is not a mistake when it is guarded: %s', (filter) => {
    expect(problems(filter)).toEqual([]);
  });

  it.each([
    'has(event.price) || event.price > 10',
    'has(event.price) ? true : event.price > 10',
    'event.price == null && event.price > 10',
    '(has(event.price) || event.n == 1) && event.price > 10',
    'has(event.order) && event.order.total > 10',
    // Each side would need the other one to be decided first.
    '(event.order.id == "a" ? has(args.limits.most) : false) && (args.limits.most == 1 ? has(event.order) : false)',
  ])('is a mistake when the guard does not hold: %s', (filter) => {
    expect(problems(filter)).toHaveLength(1);
  });

  it.each([
    ['has(event.price) && event.price > 10', [{}, { price: null }, { price: 5 }], false],
    ['event.price > 10 && has(event.price)', [{}, { price: null }, { price: 5 }], false],
    ['!has(event.price) || event.price > 10', [{}, { price: null }, { price: 11 }], true],
    ['(has(event.price) ? event.price : 0) > 10', [{}, { price: 10 }], false],
    [
      "has(event.tags) && event.tags.exists(t, t != null && t.startsWith('a'))",
      [{}, { tags: [null, 'b'] }],
      false,
    ],
    ['has(event.order.total) && event.order.total > 10', [{}, { order: null }, { order: { id: 1 } }], false],
  ])('has a value for every event when it is guarded: %s', (filter, events, expected) => {
    for (const one of events) expect(holds(filter, event(one))).toBe(expected);
  });

  it('is reported in a rule, and is not a mistake in a key, whose caller is told', () => {
    const schema = (rule: string) => `type Query { q: Int } type E { id: ID!, n: Int }
      type Subscription { s(id: ID): E @subscribe(topic: "t", key: "args.id") @auth(rule: "${rule}") }`;
    expect(diagnosticsOf(schema('event.n > 1'))).toHaveLength(1);
    expect(diagnosticsOf(schema('has(event.n) && event.n > 1'))).toEqual([]);
  });

  it('is reported for a field that only some of the event types have', () => {
    const schema = (filter: string) => `type Query { q: Int } union U = A | B
      type A { n: Int!, both: Int! } type B { both: Int! }
      type Subscription { s: U @subscribe(topic: "t", filter: "${filter}") }`;
    expect(diagnosticsOf(schema('event.both > 1'))).toEqual([]);
    expect(diagnosticsOf(schema('event.n > 1'))[0]).toContain('Write has(event.n) && event.n > 1.');
  });
});
