import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventId, offset, partition, topic } from '../../../src/core/ids.js';
import { eventRecord, recordValue } from '../../../src/subscribe/cohort/event-record.js';
import { bound, diagnosticsOf } from '../schema.js';
import { fieldWith, problemsWith } from './filter.js';

const OVER = { fields: 'n: Int!', args: '(text: String, at: DateTime, n: Int)' };
const problems = problemsWith(OVER);
const RECORD = {
  key: 'k',
  headers: { kind: 'a', 'x-tenant': 'acme', gone: null },
  timestamp: '2026-01-02T03:04:05.678Z',
  topic: 't',
  partition: 3,
  offset: 9_007_199_254_740_991,
  id: '1',
  source: '/x',
  type: 'Event',
  subject: 's',
  time: '2026-01-01T00:00:00Z',
  correlationId: undefined,
  extensions: { region: 'eu' },
};
const EVENT = {
  id: eventId('1'),
  source: '/',
  type: 'Event',
  subject: null,
  time: '1970-01-01T00:00:00Z',
  data: null,
};
const known = new Map<string, ReturnType<typeof fieldWith>>();
/** Schemas take long to bind. */
function withFilter(filter: string) {
  const field = known.get(filter) ?? fieldWith(filter, OVER);
  known.set(filter, field);
  return field;
}
const holds = (filter: string, args = {}): boolean =>
  fieldWith(filter, OVER).filter({ event: { n: 1 }, args, claims: {}, record: RECORD });

describe('record in a filter', () => {
  it.each([
    "record.headers.kind == 'a' && record.headers['x-tenant'] == 'acme'",
    'record.headers.missing == null && record.headers.gone == null && !has(record.headers.missing)',
    "has(record.headers.kind) && record.headers.kind.startsWith('a')",
    "record.key == 'k' && record.topic == 't' && record.partition == 3",
    'record.offset == 9007199254740991 && record.offset > 9007199254740990',
    "record.timestamp > timestamp('2026-01-02T03:04:05Z') && record.time < record.timestamp",
    "record.id == '1' && record.source == '/x' && record.type == 'Event' && record.subject == 's'",
    "record.correlationId == null && record.extensions.region == 'eu' && record.extensions.other == null",
    "['a'].exists(record, record == 'a')",
  ])('%s is true', (filter) => {
    expect(holds(filter)).toBe(true);
  });

  it.each([
    [
      "record.headers[args.text] == 'a'",
      /^record\.headers is used as a whole: what is read of it has to be named\. Write record/,
    ],
    ["record.headers.exists(h, h == 'kind')", /^record\.headers is used as a whole/],
    ["'kind' in record.headers", /^record\.headers is used as a whole/],
    ['record == null', /^record is used as a whole\. Write record with a field/],
    [
      "record.value.x == 'a'",
      /^record has no field value\. Its fields: causationId, correlationId, extensions, headers, id, key/,
    ],
    ["record.extensions['x-y'] == 'a'", /^CloudEvents have no extension x-y/],
    [
      "record.headers.kind.startsWith('a')",
      /has\(record\.headers\.kind\) && record\.headers\.kind\.startsWith\('a'\)/,
    ],
    ['record.headers.kind == 1', /^No operator or function matches/],
    ['record.timestamp > args.at', /^args\.at may be null/],
  ])('%s is a mistake at start', (filter, problem) => {
    expect(problems(filter)).toEqual([expect.stringMatching(problem)]);
  });

  it('record is known where there is one', () => {
    const keyed = `type Query { q: Int } type E { n: Int }
      type Subscription { s: E @subscribe(topic: "t", key: "record.headers.kind") }`;
    expect(diagnosticsOf(keyed)).toEqual([
      expect.stringMatching(
        /Unknown variable record\. Available variables: args, claims\. A record is known in the filter/,
      ),
    ]);
  });

  it('C2 looks up by fields, headers and extensions of the record', () => {
    const { equalities } = fieldWith(
      "record.headers['x-tenant'] == args.text && args.text == record.extensions.region && record.partition == args.n && record.timestamp == args.at && event.n == args.n",
      OVER,
    );
    expect(equalities.map(({ field, type }) => [field, type])).toEqual([
      [['headers', 'x-tenant'], 'String'],
      [['extensions', 'region'], 'String'],
      [['partition'], 'Int!'],
      [['timestamp'], '__DateTime!'],
      ['n', 'Int!'],
    ]);
    expect(fieldWith('record.key == record.id && event.n == record.partition', OVER).equalities).toEqual([]);
  });

  it('C2 offers an event to every cohort whose filter holds for its record', () => {
    const value = fc.constantFrom('a', 'b', '', 'null', null);
    const records = fc.record({
      kind: value,
      tenant: value,
      region: value,
      partition: fc.integer({ min: 0, max: 2 }),
      timestamp: fc.constantFrom(0, 1, 1_000),
    });
    const args = fc.record({
      text: value,
      n: fc.integer({ min: 0, max: 2 }),
      at: fc.constantFrom('1970-01-01T01:00:00+01:00', null),
    });
    const field = fc.constantFrom(
      'record.headers.kind == args.text',
      "args.text == record.headers['x-tenant']",
      'record.extensions.region == args.text',
      'record.partition == args.n',
      'record.timestamp == args.at',
      'event.n == args.n',
    );
    fc.assert(
      fc.property(
        fc.array(field, { minLength: 1, maxLength: 3 }),
        records,
        args,
        (conjuncts, given, scope) => {
          const bound = withFilter(conjuncts.join(' && '));
          const { kind, tenant, region, partition: number, timestamp } = given;
          const metadata = { headers: { kind, 'x-tenant': tenant }, attributes: { region } };
          const event = { ...EVENT, metadata };
          const record = eventRecord(
            { topic: topic('t'), partition: partition(number) },
            { offset: offset(0), timestamp, event },
          );
          const matches = bound.filter({ event: { n: 1 }, args: scope, claims: {}, record });
          const [first] = bound.equalities;
          if (first === undefined) throw new Error('The filter has no equality');
          const key =
            typeof first.field === 'string' ? first.keyOf(1) : first.keyOf(recordValue(record, first.field));
          const isCandidate = key === first.value({ args: scope, claims: {} });
          expect(matches).toBe(matches && isCandidate);
        },
      ),
    );
  });

  it('S1 a rule over the record is decided for every event, and makes events carry what it reads', () => {
    const { subscribes, topics } = bound(`type Query { q: Int } type E { n: Int }
      type Subscription {
        s: E @subscribe(topic: "t", filter: "record.headers.kind == 'a'") @auth(rule: "record.headers['x-tenant'] == claims.tenant")
        e: E @subscribe(topic: "t", filter: "record.extensions.region == 'eu' && record.subject != null && record.key != null")
        o: E @subscribe(topic: "other", filter: "record.key == 'k'")
      }`);
    const rule = subscribes.get('s')?.rule;
    expect(rule).toMatchObject({ readsEvent: true, readsData: false });
    const allows = (tenant: string) => rule?.allows({ args: {}, claims: { tenant }, record: RECORD });
    expect([allows('acme'), allows('other')]).toEqual([true, false]);
    expect(rule?.allows({ args: {}, claims: {}, record: RECORD })).toBe(false);
    expect(topics.get(topic('t'))?.format.carried).toEqual({
      headers: ['kind', 'x-tenant'],
      attributes: ['region', 'subject'],
    });
    expect(topics.get(topic('other'))?.format.carried).toBeUndefined();
  });

  it('S1 refuses a rule over the record where a state without a record is shown first', () => {
    const schema = `type Query { q: Int } type E { n: Int }
      type Subscription { s: E @subscribe(topic: "t") @view(name: "v", key: "'k'") @auth(rule: "record.key == 'k'") }`;
    const views = [{ name: 'v', topics: ['t'] }];
    expect(() => bound(schema, undefined, views)).toThrow(
      /The rule of s reads record, and the state that @view shows first/,
    );
  });
});
