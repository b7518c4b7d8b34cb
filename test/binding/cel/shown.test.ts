import { execute, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { dataField } from '../../../src/binding/runtime/data-field.js';
import { bound, diagnosticsOf } from '../schema.js';
import { fieldWith, filterWith, isCandidate, problemsWith } from './filter.js';

const OVER = {
  fields:
    's: String, n: Int, f: Float, b: Boolean, id: ID, at: DateTime, status: Status, statuses: [Status!]!, list: [Int!], must: Int!, meta: Json, any: Json!',
  args: '(n: Int! = 1, status: Status, b: Boolean)',
  more: 'enum Status { OPEN PAID } scalar Json',
};
const holds = filterWith(OVER);
const problems = problemsWith(OVER);

describe('what is filtered is what is shown', () => {
  const event = { s: 5, n: '12', f: '2.5', b: 1, id: 7, list: ['1', 2], must: '3' };

  it('results show values of other JSON types as their GraphQL types', () => {
    const { schema } = bound(
      'type Query { e: E } type E { s: String, n: Int, f: Float, b: Boolean, id: ID, list: [Int!], must: Int! }',
    );
    const document = parse('{ e { s n f b id list must } }');
    expect(execute({ schema, document, rootValue: { e: event } })).toMatchObject({
      data: { e: { s: '5', n: 12, f: 2.5, b: true, id: '7', list: [1, 2], must: 3 } },
    });
  });

  it.each([
    "event.s == '5'",
    'event.n == 12',
    'event.f == 2.5',
    'event.b == true',
    "event.id == '7'",
    'has(event.n) && event.n + 1 == 13',
    'has(event.list) && 1 in event.list && event.list[1] == 2',
    "has(event.s) && event.s.startsWith('5')",
    'has(event.b) && event.b',
    'event.must > 2',
  ])('filters find them as they are shown: %s', (filter) => {
    expect(holds(filter, event)).toBe(true);
    expect(isCandidate(fieldWith(filter, OVER), event, {})).toBe(true);
  });

  it('D10 a value that cannot be shown is an error of the event, and not found', () => {
    for (const [filter, value, reason] of [
      ['event.n == 12', { n: 'many' }, /event\.n: Int cannot represent non-integer value: "many"/],
      ['event.n == 12', { n: 2 ** 40 }, /event\.n: Int cannot represent non 32-bit/],
      ['event.s == "a"', { s: {} }, /event\.s: String cannot represent value/],
      ['event.must == 1', {}, /event\.must is missing/],
      ['has(event.list) && 1 in event.list', { list: 5 }, /event\.list is not a list/],
      ['has(event.list) && 1 in event.list', { list: [null] }, /event\.list\[0\] is missing/],
    ] as const)
      expect(() => holds(filter, value)).toThrow(reason);
    const { equalities } = fieldWith('event.n == 12', OVER);
    expect(() => equalities[0]?.keyOf('many')).toThrow();
  });

  it('has exact integers where the JSON had more digits than a double', () => {
    const id = 9_007_199_254_740_993n;
    expect(holds("event.id == '9007199254740993'", { id })).toBe(true);
    expect(holds("event.s == '9007199254740993'", { s: id })).toBe(true);
    expect(holds('has(event.meta.n) && event.meta.n == 9007199254740993', { meta: { n: id } })).toBe(true);
    expect(isCandidate(fieldWith("event.id == '9007199254740993'", OVER), { id }, {})).toBe(true);
  });
});

const NO_OPTIONALS =
  "Optional values are not supported. Write has(event.x) ? event.x : 'a value for that case'.";

/** The diagnostics of the data of a mutation, without their locations. */
const publishing = (data: string): readonly string[] =>
  diagnosticsOf(`type Query { q: Int } scalar Json type Inner { n: Int }
    type E { id: ID! n: Int f: Float at: DateTime inner: Inner json: Json }
    type Mutation { m(a: ID!, b: ID!, n: Int): Published
      @publish(topic: "t", type: "E", key: "args.a", data: ${JSON.stringify(data)}) }`).map((one) =>
    one.replace(/^\S+ +/, ''),
  );

describe('a mistake that every event would meet', () => {
  const values = 'Its values: OPEN, PAID.';
  it.each([
    ["event.status == 'PIAD'", `The enum Status has no value PIAD. ${values}`],
    ["'PIAD' != event.status", `The enum Status has no value PIAD. ${values}`],
    ["event.status in ['OPEN', 'PIAD']", `The enum Status has no value PIAD. ${values}`],
    ["'PIAD' in event.statuses", `The enum Status has no value PIAD. ${values}`],
    ["args.status == 'PIAD'", `The enum Status has no value PIAD. ${values}`],
    ["event.statuses.exists(s, s == 'PIAD')", `The enum Status has no value PIAD. ${values}`],
    [
      'event.must == claims.level + 1',
      'claims.level is JSON, whose numbers are doubles, and + needs two ints here. Write int(claims.level) + 1.',
    ],
    [
      'event.must > args.n * claims.level',
      'claims.level is JSON, whose numbers are doubles, and * needs two ints here. Write args.n * int(claims.level).',
    ],
    [
      'claims.level % 2 == 0',
      'claims.level is JSON, whose numbers are doubles, and % needs two ints here. Write int(claims.level) % 2.',
    ],
    [
      'has(event.any.n) && event.any.n + 1 > 2',
      'event.any.n is JSON, whose numbers are doubles, and + needs two ints here. Write int(event.any.n) + 1.',
    ],
    ["event.must > int('many')", "int('many') has no value: int() type error: cannot convert to int."],
    ['event.must > 1 / 0', '1 / 0 has no value: division by zero.'],
    ['event.must / 0 > 1', 'event.must / 0 has no value: division by zero.'],
    ['event.must % (1 - 1) == 0', 'event.must % (1 - 1) has no value: division by zero.'],
    [
      'has(event.list) && event.list[-1] > 0',
      'event.list[-1] has no value: the positions of a list begin with 0.',
    ],
    [
      "has(event.at) && event.at.getHours('Mars/Base') == 1",
      `event.at.getHours('Mars/Base') has no value: "Mars/Base" is not a time zone.`,
    ],
    ["event.statuses == ['OPEN', 'PIAD']", `The enum Status has no value PIAD. ${values}`],
    ["event.status == (event.must > 1 ? 'PAID' : 'PIAD')", `The enum Status has no value PIAD. ${values}`],
    ["event.status in {'OPEN': 1, 'PIAD': 2}", `The enum Status has no value PIAD. ${values}`],
    [
      'event[claims.field] == 1',
      'event is an object of the schema: an expression cannot choose its field. Write event with the name of a field.',
    ],
    ['optional.of(event.must).value() > 1', NO_OPTIONALS],
    ["event.?s.orValue('') == 'a'", NO_OPTIONALS],
    ['event.list[?0].hasValue()', NO_OPTIONALS],
  ])('is reported at start: %s', (filter, problem) => {
    expect(problems(filter)).toEqual([problem]);
  });

  it.each([
    ["event.status == 'PAID'", { status: 'PAID' }, {}],
    ['event.status == args.status', {}, {}],
    ['event.must > int(claims.level) + 1', { must: 5 }, { level: 3 }],
    ['claims.level + 1.0 > 3.5', {}, { level: 3 }],
    ['event.must / 2 == 1 && double(event.must) / 0.0 > 1.0', { must: 3 }, {}],
    ["has(event.at) && event.at.getHours('Asia/Kolkata') == 15", { at: '2026-01-01T09:30:00Z' }, {}],
    ["claims[event.status == null ? 'a' : 'b'] == 1", {}, { a: 1 }],
    ['claims.level > 2 && claims.level == 3 && claims.level in [3]', {}, { level: 3 }],
    ['claims.level + claims.more == 5', {}, { level: 3, more: 2 }],
    ['has(event.any.n) && event.any.n + 1.0 > 2.0', { any: { n: 2 } }, {}],
  ])('is none: %s', (filter, event, claims) => {
    expect(problems(filter)).toEqual([]);
    expect(holds(filter, event, {}, claims)).toBe(true);
  });

  it('is reported in the data map of @publish too', () => {
    const schema = (
      value: string,
    ) => `type Query { q: Int } enum Status { OPEN PAID } type E { status: Status }
      type Mutation { m(a: ID!): Published @publish(topic: "t", type: "E", key: "args.a", data: "{'status': ${value}}") }`;
    expect(diagnosticsOf(schema("'PIAD'"))[0]).toMatch(
      /The enum Status has no value PIAD\. Its values: OPEN, PAID\.$/,
    );
    expect(diagnosticsOf(schema("'PAID'"))).toEqual([]);
  });

  it.each([
    ["{'id': args.a, 'n': 'many'}", "n is not Int: 'many'."],
    ["{'id': args.a, 'n': 2147483648}", 'n is not Int: 2147483648.'],
    ["{'id': args.a, 'inner': {'n': 2.5}}", 'inner.n is not Int: 2.5.'],
    ["{'id': args.a, 'inner': {'m': 2}}", 'Inner has no field m. Its fields: n.'],
    ["{'id': null}", 'id is missing: null.'],
    ["{'id': args.a, 'id': args.b}", 'The map has the key id twice.'],
    [
      "{'id': args.a, 'n': args.n + 1}",
      'args.n may be null or absent, and has no value here then. Write has(args.n) ? args.n + 1 : … with a value for that case.',
    ],
    [
      "{'id': args.a, 'n': has(args.n) ? args.n + 1 : null}",
      "The expression does not type-check: Ternary branches must have the same type, got 'int' and 'null'. Write dyn(null) for null.",
    ],
  ])('is reported in the data of @publish, nested values included: %s', (data, problem) => {
    expect(publishing(data)).toEqual([problem]);
  });

  it.each([
    "{'id': args.a, 'n': has(args.n) ? args.n + 1 : dyn(null)}",
    "{'id': args.a, 'inner': {'n': 2}, 'f': 1, 'at': '2026-01-01T00:00:00Z', 'json': {'any': [1, 'x']}}",
    "{'id': 7, 'inner': null}",
  ])('is none in the data of @publish: %s', (data) => {
    expect(publishing(data)).toEqual([]);
  });

  it('compares an enum value that the schema does not know as text', () => {
    expect(holds("event.status == 'PAID'", { status: 'REFUNDED' })).toBe(false);
    expect(holds("event.status != 'PAID'", { status: 'REFUNDED' })).toBe(true);
  });
});

describe('names that every object inherits', () => {
  const NAMES = ['constructor', 'toString', 'valueOf', 'hasOwnProperty'];
  const fields = NAMES.map((name) => `${name}: String`).join(' ');
  const args = `(${NAMES.map((name) => `${name}: String`).join(' ')})`;
  const inherited = filterWith({ fields: `${fields} json: Json!`, args, more: 'scalar Json' });

  it.each(NAMES)('are absent where they are left out, in the event, arguments and claims: %s', (name) => {
    expect(inherited(`has(event.${name})`, {})).toBe(false);
    expect(inherited(`event.${name} == null`, {})).toBe(true);
    expect(inherited(`has(args.${name})`, {})).toBe(false);
    expect(inherited(`has(claims.${name})`, {})).toBe(false);
    expect(inherited(`has(event.json.${name})`, { json: {} })).toBe(false);
    expect(isCandidate(fieldWith(`event.${name} == null`, { fields }), {}, {})).toBe(true);
  });

  it.each(NAMES)('are read where they are given: %s', (name) => {
    expect(inherited(`event.${name} == 'x'`, { [name]: 'x' })).toBe(true);
    expect(inherited(`event.${name} == args.${name}`, { [name]: 'x' }, { [name]: 'x' })).toBe(true);
    expect(inherited(`claims.${name} == 'x'`, {}, {}, { [name]: 'x' })).toBe(true);
    expect(inherited(`has(event.json.${name}) && event.json.${name} == 'x'`, { json: { [name]: 'x' } })).toBe(
      true,
    );
    expect(inherited(`{'${name}': 'x'}.${name} == 'x'`, {})).toBe(true);
  });

  it('are in the data that a mutation publishes', () => {
    const { publishes } =
      bound(`type Query { q: Int } type E { constructor: String, toString: String, inner: Json } scalar Json
      type Mutation {
        m(constructor: String, toString: String): Published @publish(topic: "t", type: "E", key: "'k'")
        map(c: String): Published @publish(topic: "t", type: "E", key: "'k'", data: "{'constructor': args.c, 'inner': {'prototype': 1, '__proto__': 2}}")
        only(constructor: I): Published @publish(topic: "t", type: "E", key: "'k'")
      }
      input I { toString: String }`);
    const data = (field: string, given: object) =>
      publishes.get(field)?.events[0]?.data({ args: { ...given }, claims: {} });
    expect(data('m', {})).toEqual({});
    expect(Object.entries(data('m', { constructor: 'c' }) ?? {})).toEqual([['constructor', 'c']]);
    expect(JSON.stringify(data('map', { c: 'x' }))).toBe(
      '{"constructor":"x","inner":{"prototype":1,"__proto__":2}}',
    );
    expect(data('only', {})).toEqual({});
  });

  it('are null in results where they are left out', () => {
    const { schema } = bound(
      'type Query { e: E, constructor: String } type E { constructor: String toString: String valueOf: Int }',
    );
    const document = parse('{ constructor e { constructor toString valueOf } }');
    const result = execute({ schema, document, rootValue: { e: {} }, fieldResolver: dataField });
    expect(result).toEqual({
      data: { constructor: null, e: { constructor: null, toString: null, valueOf: null } },
    });
  });

  it('are not resolvers of types that have such names', () => {
    const { schema } = bound('type Query { a: constructor } type constructor { name: String }', {
      Query: { a: () => ({ name: 'x' }) },
    });
    expect(schema.getType('constructor')?.toConfig()).toMatchObject({
      fields: { name: { resolve: undefined } },
    });
  });
});
