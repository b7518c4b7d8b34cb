import { execute, isObjectType, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { coerceEventData } from '../../../src/binding/event-types/event-data.js';
import { parseJsonText } from '../../../src/core/exact-json.js';
import { Selection } from '../../../src/subscribe/plan/selection.js';
import { filterWith } from '../cel/filter.js';
import { bound, diagnosticsOf } from '../schema.js';

const FIELDS = `s: DateTime @epoch(unit: SECONDS) ms: DateTime @epoch(unit: MILLISECONDS) us: DateTime @epoch(unit: MICROSECONDS)
  ns: DateTime @epoch(unit: NANOSECONDS) day: Date @epoch(unit: DAYS) list: [DateTime!] @epoch(unit: MILLISECONDS) plain: DateTime`;
const SCHEMA = `type Query { e: Event } type Event { ${FIELDS} } type Subscription { e: Event @subscribe(topic: "t") }`;

function shown(json: string) {
  const { schema } = bound(SCHEMA);
  const event = parseJsonText(json);
  const [name = ''] = Object.keys(event as object);
  const result = execute({ schema, document: parse(`{ e { ${name} } }`), rootValue: { e: event } });
  if (!('data' in result)) throw new Error('not executed at once');
  if (result.errors) return result.errors[0]?.message;
  const written = new Selection(schema, parse(`subscription { e { ${name} } }`)).json(event);
  expect(written).toBe(JSON.stringify(result.data));
  return Reflect.get(Reflect.get(result.data ?? {}, 'e') as object, name) as unknown;
}

describe('fields with @epoch', () => {
  it.each([
    ['{"s": 1769851800}', '2026-01-31T09:30:00.000Z'],
    ['{"ms": 1769851800123}', '2026-01-31T09:30:00.123Z'],
    ['{"us": 1769851800123456}', '2026-01-31T09:30:00.123456Z'],
    ['{"ns": 1769851800123456789}', '2026-01-31T09:30:00.123456789Z'],
    ['{"ms": -1}', '1969-12-31T23:59:59.999Z'],
    ['{"ms": "2026-01-31T09:30:00Z"}', '2026-01-31T09:30:00Z'],
    ['{"day": 20484}', '2026-01-31'],
    ['{"list": [0]}', ['1970-01-01T00:00:00.000Z']],
    ['{"ms": null}', null],
  ])('%s is shown as %j', (json, expected) => {
    expect(shown(json)).toEqual(expected);
  });

  it.each([
    ['{"ms": 1e18}', /must be an integer in the data, of the years 0 to 9999/],
    ['{"ms": 1.5}', /must be an RFC 3339 string/],
    ['{"plain": 1769851800123}', /must be an RFC 3339 string/],
  ])('%s is an error', (json, message) => {
    expect(shown(json)).toMatch(message);
  });

  it('what is filtered is what is shown', () => {
    const holds = filterWith({ fields: FIELDS, args: '(from: DateTime! = "2026-01-31T09:30:00.122Z")' });
    const args = { from: '2026-01-31T09:30:00.122Z' };
    expect(holds('has(event.ms) && event.ms > args.from', { ms: 1_769_851_800_123 }, args)).toBe(true);
    expect(holds('has(event.ns) && event.ns > args.from', { ns: 1_769_851_800_121_999_999n }, args)).toBe(
      false,
    );
    expect(holds("event.ms == timestamp('2026-01-31T10:30:00.123+01:00')", { ms: 1_769_851_800_123 })).toBe(
      true,
    );
    expect(holds("has(event.day) && event.day < '2026-02-01'", { day: 20_484 })).toBe(true);
  });

  it('what is published is the number', () => {
    const type = bound(SCHEMA).schema.getType('Event');
    if (!isObjectType(type)) throw new Error('Event is not an object type');
    const at = '2026-01-31T09:30:00.123456Z';
    const data = { s: at, ms: at, us: at, ns: at, day: '2026-01-31', plain: at, list: [at] };
    expect(coerceEventData(type, data, {})).toEqual({
      ...{
        s: 1_769_851_800,
        ms: 1_769_851_800_123,
        us: 1_769_851_800_123_456,
        ns: 1_769_851_800_123_456_000n,
      },
      ...{ day: 20_484, plain: at, list: [1_769_851_800_123] },
    });
    expect(() => coerceEventData(type, { ms: 'soon' }, {})).toThrow('ms is not DateTime');
  });

  it('only a DateTime or a Date can have it, each with its own units', () => {
    const problems = (field: string) =>
      diagnosticsOf(`type Query { e: Event } type Event { ${field} }`).join();
    expect(problems('n: Int @epoch(unit: SECONDS)')).toContain(
      '@epoch(unit: SECONDS) is not allowed on Event.n, whose type is Int. DAYS is for fields of type Date, the other units are for DateTime.',
    );
    expect(problems('n: Date @epoch(unit: SECONDS)')).toContain('whose type is Date');
    expect(problems('n: DateTime @epoch(unit: DAYS)')).toContain('whose type is DateTime');
    expect(problems('n: DateTime @epoch(unit: WEEKS)')).toContain('Argument "unit" has invalid value WEEKS.');
  });

  it('members of a union that count alike can be selected by one name', () => {
    const { schema } = bound(`type Query { e: Any } union Any = A | B
      type A { at: DateTime @epoch(unit: SECONDS) } type B { at: DateTime @epoch(unit: SECONDS) }`);
    const document = parse('{ e { ... on A { at } ... on B { at } } }');
    expect(execute({ schema, document, rootValue: { e: { __typename: 'B', at: 0 } } })).toMatchObject({
      data: { e: { at: '1970-01-01T00:00:00.000Z' } },
    });
  });
});
