import { execute, isObjectType, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { coerceEventData } from '../../../src/binding/event-types/event-data.js';
import { parseJsonText, stringifyJson } from '../../../src/core/exact-json.js';
import { exactVariables } from '../../../src/operation/exact-variables.js';
import { Selection } from '../../../src/subscribe/plan/selection.js';
import { bound, diagnosticsOf } from '../schema.js';

const SCHEMA = `
  type Query { e: Event, echo(long: Long, big: BigInt, decimal: Decimal, json: JSON, own: Own, at: Date): String }
  type Subscription { e: Event @subscribe(topic: "t") }
  scalar Own
  type Event { long: Long big: BigInt decimal: Decimal day: Date time: Time local: LocalDateTime uuid: UUID bytes: Bytes json: JSON longs: [Long!] }`;

/** What a field of the event shows of a value, by execution and by the writer of selections. */
function shown(field: string, json: string) {
  const { schema } = bound(SCHEMA);
  const event = parseJsonText(`{"${field}": ${json}}`);
  const executed = execute({ schema, document: parse(`{ e { ${field} } }`), rootValue: { e: event } });
  if (!('data' in executed)) throw new Error('not executed at once');
  const written = new Selection(schema, parse(`subscription { e { ${field} } }`)).json(event);
  const text = stringifyJson(executed.data);
  if (executed.errors === undefined) expect(written).toBe(text);
  return executed.errors?.[0]?.message ?? text.slice(`{"e":{"${field}":`.length, -2);
}

/** The arguments that a field gets. */
function argsOf(document: string, variables: string) {
  const { schema } = bound(SCHEMA);
  const parsed = parse(document);
  const [operation] = parsed.definitions;
  if (operation?.kind !== 'OperationDefinition') throw new Error('no operation');
  const given = parseJsonText(variables) as Record<string, unknown>; // The tests give objects.
  let got: unknown;
  const rootValue = {
    echo: (args: unknown) => {
      got = args;
    },
  };
  const variableValues = exactVariables(schema, operation, given);
  const result = execute({ schema, document: parsed, rootValue, ...(variableValues && { variableValues }) });
  if ('errors' in result && result.errors) throw result.errors[0];
  return got;
}

describe('built-in scalars', () => {
  it.each([
    ['long', '9007199254740993', '9007199254740993'],
    ['long', '-9223372036854775808', '-9223372036854775808'],
    ['long', '"12"', '12'],
    ['long', '7.0', '7'],
    ['longs', '[1, 9007199254740993]', '[1,9007199254740993]'],
    ['big', '123456789012345678901234567890', '123456789012345678901234567890'],
    ['big', '1e21', '1000000000000000000000'],
    ['decimal', '"12.50"', '"12.50"'],
    ['decimal', '12.5', '"12.5"'],
    ['decimal', '9007199254740993', '"9007199254740993"'],
    ['decimal', '1e21', '"1000000000000000000000"'],
    ['day', '"2026-01-31"', '"2026-01-31"'],
    ['time', '"09:30:00.123456"', '"09:30:00.123456"'],
    ['time', '"-838:59:59"', '"-838:59:59"'],
    ['local', '"2026-01-31T09:30:00"', '"2026-01-31T09:30:00"'],
    ['uuid', '"550E8400-e29b-41d4-a716-446655440000"', '"550E8400-e29b-41d4-a716-446655440000"'],
    ['bytes', '"AAEC/w=="', '"AAEC/w=="'],
    ['json', '{"n":[9007199254740993,1.5]}', '{"n":[9007199254740993,1.5]}'],
  ])('%s: the JSON %s is shown as %s', (field, json, text) => {
    expect(shown(field, json)).toBe(text);
  });

  it.each([
    ['long', '9223372036854775808', 'A Long must be an integer of 64 bits.'],
    ['long', '1.5', 'A Long must be an integer of 64 bits.'],
    ['long', '"many"', 'A Long must be an integer of 64 bits.'],
    ['big', 'true', 'A BigInt must be an integer of at most 1,000 digits.'],
    ['decimal', '"12,50"', 'A Decimal must be a decimal number, such as "12.50", of at most 1,000 digits.'],
    ['day', '"2026-02-30"', 'A Date must be a string such as "2026-01-31".'],
    ['day', '20483', 'A Date must be a string such as "2026-01-31".'],
    ['time', '"9:30"', 'A Time must be a string such as "09:30:00.123".'],
    [
      'local',
      '"2026-01-31T09:30:00Z"',
      'A LocalDateTime must be a string such as "2026-01-31T09:30:00.123", without an offset.',
    ],
    ['uuid', '"550e8400"', 'A UUID must be a string such as "550e8400-e29b-41d4-a716-446655440000".'],
    ['bytes', '"-_8"', 'Bytes must be a string in base64, such as "AAEC/w==".'],
  ])('%s: the JSON %s is an error: %s', (field, json, message) => {
    expect(shown(field, json)).toBe(message);
  });

  it('arguments keep their digits, in variables and in the document', () => {
    const given = '{"l": 9007199254740993, "b": 1e21, "d": "12.50", "j": {"n": 9007199254740993}}';
    const query = 'query ($l: Long, $b: BigInt, $d: Decimal, $j: JSON)';
    const args = {
      long: 9_007_199_254_740_993n,
      big: 1_000_000_000_000_000_000_000n,
      decimal: '12.50',
      json: { n: 9_007_199_254_740_993n },
    };
    expect(argsOf(`${query} { echo(long: $l, big: $b, decimal: $d, json: $j) }`, given)).toEqual(args);
    const literals =
      'long: 9007199254740993, big: 1000000000000000000000, decimal: 12.50, json: { n: 9007199254740993 }';
    expect(argsOf(`{ echo(${literals}) }`, '{}')).toEqual(args);
  });

  it("a project's own scalar keeps the digits of an integer in the document, as in a variable", () => {
    const own = { own: [9_007_199_254_740_993n, 'a', null] };
    expect(argsOf('{ echo(own: [9007199254740993, "a", null]) }', '{}')).toEqual(own);
    expect(argsOf('query ($o: Own) { echo(own: $o) }', '{"o": [9007199254740993, "a", null]}')).toEqual(own);
  });

  it('are only in a schema that uses them', () => {
    const names = Object.keys(bound('type Query { n: Long }').schema.getTypeMap());
    expect(names).toContain('Long');
    expect(names).not.toContain('BigInt');
  });

  it('a project may declare one itself, and it stays its own', () => {
    const { schema } = bound('scalar Long type Query { n: Long }');
    const rootValue = { n: { any: 'JSON' } };
    expect(execute({ schema, document: parse('{ n }'), rootValue })).toMatchObject({ data: rootValue });
    expect(diagnosticsOf('type Long { high: Int } type Query { n: Long }')).toEqual([]);
  });
});

const published = (fields: string, args: string) => `
  type Query { ok: Boolean }
  type Mutation { put(${args}): Published! @publish(topic: "t", type: "Put", key: "'k'") }
  type Put { ${fields} }`;

describe('built-in scalars in what is published', () => {
  it('data are checked, and integers written in text become numbers', () => {
    const { schema } = bound(published('n: Long! price: Decimal!', 'n: Long!, price: Decimal!'));
    const type = schema.getType('Put');
    if (!isObjectType(type)) throw new Error('Put is not an object type');
    const data = (n: unknown, price: unknown) => coerceEventData(type, { n, price }, {});
    expect(data('12', '1.50')).toEqual({ n: 12, price: '1.50' });
    expect(data(12n ** 17n, 1.5)).toEqual({ n: 12n ** 17n, price: '1.5' });
    expect(() => data('many', 'free')).toThrow('n is not Long; price is not Decimal');
  });

  it.each([
    ['n: Long', 'n: Int'],
    ['n: BigInt', 'n: Long'],
    ['n: Decimal', 'n: Long'],
    ['n: Float', 'n: Int'],
    ['n: String', 'n: UUID'],
    ['n: ID', 'n: Date'],
    ['n: JSON', 'n: [Int!]'],
  ])('%s takes %s', (field, arg) => {
    expect(diagnosticsOf(published(field, arg))).toEqual([]);
  });

  it.each([
    ['n: Int', 'n: Long'],
    ['n: Long', 'n: Float'],
    ['n: Decimal', 'n: Float'],
    ['n: String', 'n: Long'],
    ['n: Date', 'n: DateTime'],
  ])('%s does not take %s', (field, arg) => {
    expect(diagnosticsOf(published(field, arg)).join()).toContain('has type');
  });
});
