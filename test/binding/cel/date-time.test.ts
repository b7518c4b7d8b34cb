import { describe, expect, it } from 'vitest';
import { millisecondsOf, parseDateTime } from '../../../src/core/date-time.js';
import { bound, diagnosticsOf } from '../schema.js';
import { fieldWith, filterWith, isCandidate, problemsWith } from './filter.js';

const OVER = {
  fields: 'time: DateTime!, at: DateTime, id: ID!',
  args: '(time: DateTime!, times: [DateTime!]! = [], text: String! = "")',
};
const holds = filterWith(OVER);
const problems = problemsWith(OVER);
const EARLIER = '2026-01-01T10:00:00+01:00';

describe('a DateTime in an expression', () => {
  it.each([
    ['2026-01-01T09:30:00Z', '>', EARLIER],
    ['2026-01-01T09:30:00Z', '==', '2026-01-01T10:30:00+01:00'],
    ['2026-01-01t09:30:00z', '==', '2026-01-01T09:30:00.000Z'],
    ['2026-01-01T09:30:00-00:00', '==', '2026-01-01T09:30:00Z'],
    ['2026-01-01T09:30:00.000000001Z', '>', '2026-01-01T09:30:00Z'],
    ['2026-01-01T09:30:00.1234567Z', '<', '2026-01-01T09:30:00.1234568Z'],
    ['2016-12-31T23:59:60Z', '>', '2016-12-31T23:59:59.999Z'],
    ['2016-12-31T23:59:60Z', '==', '2017-01-01T00:00:00Z'],
    ['2017-01-01T00:59:60+01:00', '>=', '2016-12-31T23:59:60Z'],
    ['2016-12-31T23:59:60.5Z', '<', '2017-01-01T00:00:01Z'],
    ['0001-01-01T00:00:00Z', '<', '1969-12-31T23:59:59.9Z'],
    ['1969-12-31T23:59:59.9Z', '<', '1970-01-01T00:00:00Z'],
    ['2026-01-01T09:30:00Z', '!=', '2026-01-01T09:30:01Z'],
  ])('compares as a time: %s %s %s', (time, operator, other) => {
    expect(holds(`event.time ${operator} args.time`, { time }, { time: other })).toBe(true);
    expect(holds(`event.time ${operator} timestamp('${other}')`, { time }, { time: other })).toBe(true);
    const opposite = { '>': '<=', '<': '>=', '==': '!=', '!=': '==', '>=': '<' }[operator];
    expect(holds(`event.time ${opposite} args.time`, { time }, { time: other })).toBe(false);
  });

  it('C2 is looked up by its time, however it is written', () => {
    const field = fieldWith('event.time == args.time', OVER);
    expect(field.equalities).toHaveLength(1);
    for (const [time, other, expected] of [
      ['2026-01-01T09:30:00Z', '2026-01-01T10:30:00+01:00', true],
      ['2016-12-31t23:59:60z', '2017-01-01T00:00:00.000Z', true],
      ['2026-01-01T09:30:00Z', '2026-01-01T09:30:00.001Z', false],
    ] as const) {
      expect(isCandidate(field, { time }, { time: other })).toBe(expected);
      expect(field.filter({ event: { time }, args: { time: other }, claims: {} })).toBe(expected);
    }
  });

  it('is found in a list, and computes with durations', () => {
    const args = { time: EARLIER, times: ['2026-01-01T09:00:00Z'] };
    expect(holds('event.time in args.times', { time: EARLIER }, args)).toBe(true);
    expect(holds("event.time + duration('90m') > args.time", { time: EARLIER }, args)).toBe(true);
    expect(holds("event.time - args.time == duration('0s')", { time: '2026-01-01T09:00:00Z' }, args)).toBe(
      true,
    );
    expect(
      holds("event.time.getHours() == 9 && event.time.getHours('+01:00') == 10", { time: EARLIER }, args),
    ).toBe(true);
    expect(holds("event.time.getHours('Europe/Berlin') == 10", { time: EARLIER }, args)).toBe(true);
    expect(holds("string(event.time) == '2026-01-01T09:00:00Z'", { time: EARLIER }, args)).toBe(true);
    expect(
      holds(
        'timestamp(args.text) < event.time',
        { time: EARLIER },
        { ...args, text: '1985-04-12T23:20:50.52Z' },
      ),
    ).toBe(true);
  });

  it('is not compared with a text, which is reported with what to write', () => {
    const hint =
      "A DateTime is a timestamp. Write timestamp() around a text, such as timestamp('2026-01-31T09:30:00Z').";
    expect(problems("event.time > '2026-01-01T00:00:00Z'")).toEqual([
      `No operator or function matches timestamp > string. ${hint}`,
    ]);
    expect(problems('event.time == args.text')).toEqual([
      `No operator or function matches timestamp == string. ${hint}`,
    ]);
    expect(problems("event.time > timestamp('yesterday')")[0]).toMatch(
      /^timestamp\('yesterday'\) has no value: "yesterday" is not a date-time of RFC 3339/,
    );
    expect(problems('event.time > claims.time')).toEqual([
      'claims.time is JSON, which has no timestamps, and event.time is a DateTime. Write timestamp(claims.time).',
    ]);
    expect(problems("event.time.startsWith('2026')")).toEqual([
      "No operator or function matches 'google.protobuf.Timestamp.startsWith(string)'. A DateTime is a timestamp. string() makes a text of it.".replace(
        'google.protobuf.Timestamp',
        'timestamp',
      ),
    ]);
  });

  it('keeps its text where it is only passed on, and is not a key without string()', async () => {
    const schema = (key: string) => `type Query { q: Int } type E { time: DateTime!, list: [DateTime!] }
      type Mutation { m(time: DateTime!): Published @publish(topic: "t", type: "E", key: "${key}", data: "{'time': args.time, 'list': [args.time]}") }`;
    expect(diagnosticsOf(schema('args.time'))[0]).toMatch(
      /has type timestamp\. .* string\(\) makes a text of a DateTime\./,
    );
    const event = bound(schema('string(args.time)')).publishes.get('m')?.events[0];
    const activation = { args: { time: '2026-01-01t10:00:00.50+01:00' }, claims: {} };
    expect(event?.data(activation)).toEqual({
      time: '2026-01-01t10:00:00.50+01:00',
      list: ['2026-01-01t10:00:00.50+01:00'],
    });
    expect(event?.key(activation)).toBe('2026-01-01T09:00:00.5Z');
  });

  it('D10 is an error of the event when it is not a date-time', () => {
    expect(() => holds('event.time > args.time', { time: 'yesterday' }, { time: EARLIER })).toThrow(
      /event\.time: A DateTime must be an RFC 3339 string/,
    );
  });
});

describe('parseDateTime', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0, 0],
    ['0000-02-29T00:00:00Z', -62_162_121_600, 0],
    ['0099-12-31T23:59:59Z', -59_011_459_201, 0],
    ['9999-12-31T23:59:59.9999999999Z', 253_402_300_799, 999_999_999],
    ['2000-02-29T12:00:00-23:59', 951_911_940, 0],
  ])('gives the seconds and nanoseconds of %s', (text, seconds, nanos) => {
    expect(parseDateTime(text)).toEqual({ seconds, nanos });
  });

  it('agrees with Date for every text that Date can read', () => {
    for (let day = -800_000; day < 2_900_000; day += 9_973) {
      const text = new Date(day * 86_400_000 + 45_296_789).toISOString();
      if (!/^\d{4}-/.test(text)) continue;
      const instant = parseDateTime(text);
      expect(instant && millisecondsOf(instant)).toBe(Date.parse(text));
    }
  });

  it.each([
    '2026-02-29T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:61Z',
    '2026-01-01T00:00:00',
    '2026-01-01 00:00:00Z',
    '2026-1-1T00:00:00Z',
    '2026-01-01T00:00:00.Z',
    '2026-01-01T00:00:00+0100',
  ])('rejects %s', (text) => {
    expect(parseDateTime(text)).toBeUndefined();
  });
});
