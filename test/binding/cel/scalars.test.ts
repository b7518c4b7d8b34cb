import { describe, expect, it } from 'vitest';
import { bound } from '../schema.js';
import { fieldWith, filterWith, isCandidate, problemsWith } from './filter.js';

const OVER = {
  fields:
    'long: Long!, big: BigInt!, price: Decimal!, maybe: Decimal, day: Date!, time: Time!, uuid: UUID!, raw: Bytes!, json: JSON',
  args: '(long: Long! = 1, min: Decimal! = "1.5", day: Date! = "2026-01-01", text: String! = "1")',
};
const holds = filterWith(OVER);
const problems = problemsWith(OVER);

const EVENT = {
  long: 9_007_199_254_740_993n,
  big: 10n ** 30n,
  price: '12.50',
  day: '2026-01-31',
  time: '09:30:00',
  uuid: '550e8400-e29b-41d4-a716-446655440000',
  raw: 'AAEC/w==',
  json: { tags: ['a'] },
};

describe('filters over the built-in scalars', () => {
  it.each([
    'event.long == 9007199254740993',
    'event.long > args.long && event.long + 1 > event.long',
    'event.big > event.long',
    'event.price == 12.5',
    'event.price > 12 && 12 < event.price && event.price < 12.51',
    'event.price >= args.min',
    "event.price == decimal('12.500')",
    'event.price * 2 == 25 && event.price - args.min == 11 && event.price + 1 > 13',
    "string(event.price) == '12.50' && double(event.price) > 12.4",
    'event.maybe == null && (!has(event.maybe) || event.maybe > 1)',
    "event.day >= args.day && event.day < '2026-02-01'",
    "event.time < '10:00:00'",
    "event.uuid.startsWith('550e')",
    "event.raw == 'AAEC/w=='",
    "has(event.json) && has(event.json.tags) && 'a' in event.json.tags",
  ])('find an event by its exact values: %s', (filter) => {
    expect(holds(filter, EVENT, { long: 1, min: '1.5', day: '2026-01-01', text: '1' })).toBe(true);
  });

  it('compare decimals exactly, where doubles would not', () => {
    const over = filterWith({ fields: 'a: Decimal!, b: Decimal!, sum: Decimal!' });
    const event = { a: '0.1', b: 0.2, sum: '0.3' };
    expect(over('event.a + event.b == event.sum', event)).toBe(true);
    expect(over('event.a == 0.1', event)).toBe(true);
    expect(over('event.a < event.b', { ...event, a: '9.9', b: '10.1' })).toBe(true);
  });

  it('D10 a value that cannot be shown is an error of the event', () => {
    for (const [filter, change, reason] of [
      ['event.long == 1', { long: 'many' }, /event\.long: A Long must be/],
      ['event.price == 1', { price: 'free' }, /event\.price: A Decimal must be/],
      ["event.day == ''", { day: 20483 }, /event\.day: A Date must be/],
    ] as const)
      expect(() => holds(filter, { ...EVENT, ...change })).toThrow(reason);
  });

  it.each([
    ['event.price > 10 && event.price', /requires bool operands, got 'Decimal'/],
    ["event.price > '10'", /No operator or function matches/],
    ['event.maybe > 1', /may be null or absent/],
    ["event.long == '5'", /No operator or function matches/],
    ["event.price == decimal('ten')", /"ten" is not a decimal number/],
  ])('a mistake is found at start: %s', (filter, message) => {
    expect(problems(filter).join()).toMatch(message);
  });

  it('an argument that is not a decimal number is the error of its caller', () => {
    const field = fieldWith('event.price > decimal(args.text)', OVER);
    expect(() => field.checkCaller({ args: { text: 'ten' }, claims: {} })).toThrow(/"ten" is not a decimal/);
  });

  it('C2 routing looks up the same events, however they are written', () => {
    const byLong = fieldWith('event.long == args.long', OVER);
    for (const long of [7, '7', 7n]) expect(isCandidate(byLong, { long }, { long: 7 })).toBe(true);
    expect(isCandidate(byLong, { long: 9_007_199_254_740_992n }, { long: 9_007_199_254_740_993n })).toBe(
      false,
    );
    expect(fieldWith('event.day == args.day', OVER).equalities).toHaveLength(1);
    for (const filter of ['event.price == args.min', 'event.big == 1'])
      expect(fieldWith(filter, OVER).equalities).toEqual([]);
  });

  it('keys and data pass on exact values', () => {
    const { publishes, subscribes } = bound(`
      type Query { ok: Boolean }
      type Mutation { put(id: Long!, price: Decimal!): Published!
        @publish(topic: "t", type: "Put", key: "args.id", data: "{'id': args.id, 'price': args.price, 'day': '2026-01-31'}") }
      type Subscription { puts(id: Long!): Put! @subscribe(topic: "t", key: "args.id") }
      type Put { id: Long! price: Decimal! day: Date! }`);
    const activation = { args: { id: 9_007_199_254_740_993n, price: '1.50' }, claims: {} };
    const [event] = publishes.get('put')?.events ?? [];
    expect(event?.key(activation)).toBe('9007199254740993');
    expect(event?.data(activation)).toEqual({ id: 9_007_199_254_740_993n, price: '1.50', day: '2026-01-31' });
    expect(subscribes.get('puts')?.key?.(activation)).toBe('9007199254740993');
  });
});
