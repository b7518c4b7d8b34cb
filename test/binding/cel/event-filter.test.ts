import { GraphQLInt, GraphQLNonNull, GraphQLString, type GraphQLType } from 'graphql';
import { describe, expect, it } from 'vitest';
import {
  compileEventFilter,
  type FilteredRecord,
  MAX_FILTER_CHARS,
} from '../../../src/binding/cel/event-filter.js';

const RECORD: FilteredRecord = {
  topic: 'orders',
  partition: 3,
  offset: 17,
  timestamp: Date.parse('2026-01-31T09:30:00.250Z'),
  key: 'o-1',
  headers: { 'x-tenant': 'acme' },
  type: 'OrderPlaced',
  time: '2026-01-31T09:29:59Z',
};
const SHAPE = new Map<string, GraphQLType | undefined>([
  ['status', new GraphQLNonNull(GraphQLString)],
  ['total', GraphQLInt],
]);

function matches(
  source: string,
  data: object | undefined,
  shape: typeof SHAPE | undefined = undefined,
): boolean {
  const filter = compileEventFilter(source, shape);
  if ('problem' in filter) throw new Error(filter.problem);
  return filter.matches(data as Readonly<Record<string, unknown>> | undefined, RECORD);
}
const problem = (source: string, shape: typeof SHAPE | undefined = undefined) => {
  const filter = compileEventFilter(source, shape);
  return 'problem' in filter ? filter : undefined;
};

describe('a filter over the records of a topic', () => {
  it('reads the data of an event of any JSON', () => {
    const data = { a: { b: [1, 2] }, id: 9007199254740993n, n: 2 };
    expect(matches('event.a.b[1] == 2', data)).toBe(true);
    expect(matches('event.a.missing.deep == null', data)).toBe(true);
    expect(matches('has(event.a.b) && !has(event.a.c)', data)).toBe(true);
    expect(matches('event.id == 9007199254740993', data)).toBe(true);
    expect(matches('event.id == 9007199254740992', data)).toBe(false);
    expect(matches('event.a.b.exists(x, x > 1)', data)).toBe(true);
    expect(matches('event.n > 1', data)).toBe(true);
  });

  it('reads the record, also of a record that is no event', () => {
    expect(matches("record.key == 'o-1' && record.partition == 3 && record.offset >= 17", undefined)).toBe(
      true,
    );
    expect(
      matches("record.headers['x-tenant'] == 'acme' && record.type.startsWith('Order')", undefined),
    ).toBe(true);
    expect(matches("record.timestamp > timestamp('2026-01-31T09:30:00.2Z')", undefined)).toBe(true);
    expect(matches("record.time < timestamp('2026-01-31T09:30:00Z')", undefined)).toBe(true);
    expect(matches('record.id == null && record.headers.missing == null', undefined)).toBe(true);
  });

  it('is checked with the types of the schema where they are known, and needs no guards', () => {
    expect(matches('event.total > 10', { status: 'PAID', total: 11 }, SHAPE)).toBe(true);
    expect(matches('event.total + 1 == 12', { status: 'PAID', total: 11 }, SHAPE)).toBe(true);
    expect(problem('event.totl > 10', SHAPE)).toMatchObject({
      start: 6,
      problem: 'event has no field totl.',
      hint: 'Its fields: status, total.',
    });
    expect(problem('event.status > 10', SHAPE)?.problem).toMatch(
      /No operator or function matches string > int/,
    );
  });

  it('fails for an event without the value that it needs, and says why', () => {
    expect(() => matches('event.total > 10', { status: 'PAID' }, SHAPE)).toThrow(/no such overload/);
    expect(() => matches('event.total > 10', { status: 'PAID', total: 'many' }, SHAPE)).toThrow(
      /event\.total/,
    );
    expect(() => matches('event.n', { n: 'yes' })).toThrow('neither true nor false');
  });

  it.each([
    ['event.', /Invalid CEL expression/],
    ['evnt.total > 1', /Unknown variable evnt/],
    ['event.total + 1', /numbers are doubles/],
    ['"text"', /The filter has type string/],
    ["event.text.matches('(')", /Invalid regular expression/],
    [`event.a == "${'x'.repeat(MAX_FILTER_CHARS)}"`, /at most 2000 characters/],
    ['event.a.all(x, event.a.exists(y, x == y))', /inside another one/],
    ['event.a.map(x, [1].filter(y, y > x)).size() > 0', /inside another one/],
  ])('S4: is refused with a sentence while it is typed: %.60s', (source, expected) => {
    expect(problem(source)?.problem).toMatch(expected);
  });
});
