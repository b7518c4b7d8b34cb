import fc from 'fast-check';
import { execute, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { dataField } from '../../../src/binding/runtime/data-field.js';
import { parseJsonText, stringifyJson } from '../../../src/core/exact-json.js';
import { integerDigits } from '../../../src/core/integer-digits.js';
import { own } from '../../../src/core/own.js';
import { exactVariables } from '../../../src/operation/exact-variables.js';
import { DocumentNormaliser } from '../../../src/subscribe/plan/document-normaliser.js';
import { bound } from '../../binding/schema.js';

/** One field for each scalar, and how a literal of CEL is made of what results show. */
const SCALARS: Readonly<Record<string, (shown: string) => string>> = {
  ID: (shown) => shown,
  String: (shown) => shown,
  Int: (shown) => shown,
  Float: (shown) => (/[.e]/.test(shown) ? shown : `${shown}.0`),
  Boolean: (shown) => shown,
  DateTime: (shown) => `timestamp(${shown})`,
  Long: (shown) => `dyn(${shown})`,
};

/** A field whose filter finds one literal. */
function fieldThatFinds(scalar: string, literal: string) {
  const { schema, subscribes } = bound(`scalar Long  type Query { it: E }  type E { v: ${scalar} }
    type Subscription { it: E @subscribe(topic: "t", filter: ${JSON.stringify(`event.v == ${literal}`)}) }`);
  const field = subscribes.get('it');
  if (field?.filter === undefined) throw new Error('The field has no filter');
  return { schema, filter: field.filter, equalities: field.equalities };
}

const { schema } = fieldThatFinds('Long', 'dyn(1)');
const plain = Object.fromEntries(
  Object.keys(SCALARS).map((scalar) => [
    scalar,
    bound(
      `scalar Long type Query { it: E } type E { v: ${scalar} } type Subscription { it: E @subscribe(topic: "t") }`,
    ).schema,
  ]),
);

/** What results show of a value in the data; `undefined`: an error. */
function shownBy(
  scalar: string,
  json: string,
): { selected: string | undefined; executed: string | undefined } {
  const of = plain[scalar] ?? schema;
  const data = parseJsonText(`{"v":${json}}`);
  const written = parse('subscription { it { v } }');
  const [operation] = written.definitions;
  if (operation?.kind !== 'OperationDefinition') throw new Error('The document has one operation');
  const { document, selection } = new DocumentNormaliser(of).normalise(written, operation, {});
  const result = execute({ schema: of, document, rootValue: { it: data }, fieldResolver: dataField });
  if (result instanceof Promise) throw new Error('Nothing waits');
  const executed = result.errors === undefined ? stringifyJson(result.data) : undefined;
  return { selected: valueIn(selection.json(data)), executed: valueIn(executed) };
}

const valueIn = (json: string | undefined): string | undefined => json && /"v":(.*)\}\}$/.exec(json)?.[1];

/** Whether the filter for `shown` finds data: by evaluation, and by the index if there is one. */
function finds(
  scalar: string,
  shown: string,
  json: string,
): { byFilter: boolean; byIndex: boolean | undefined } {
  const literal = SCALARS[scalar]?.(shown) ?? shown;
  const { filter, equalities } = fieldThatFinds(scalar, literal);
  const event = parseJsonText(`{"v":${json}}`) as Readonly<Record<string, unknown>>; // The test writes an object.
  const [index] = equalities;
  return {
    byFilter: filter({ event, args: {}, claims: {} }),
    byIndex: index && index.keyOf(own(event, 'v')) === index.value({ args: {}, claims: {} }),
  };
}

const digits = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map(String);
/** Numbers as producers write them: Python's `1e+16`, Java's `1.0E16`, JavaScript's `1e+21`. */
const numbers = fc.oneof(
  digits,
  fc.maxSafeInteger().map(String),
  digits.map((text) => `${text}.0`),
  fc
    .tuple(fc.integer({ min: 1, max: 999_999 }), fc.nat(30))
    .map(([mantissa, power]) => `${mantissa}e${power}`),
  fc.tuple(digits, fc.nat(5)).map(([text, power]) => `${text}e${power}`),
  fc
    .tuple(fc.nat(9), fc.stringMatching(/^\d{1,20}$/), fc.nat(25))
    .map(([a, b, power]) => `${a}.${b}E+${power}`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
);
const texts = fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text));
const times = fc
  .tuple(
    fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
    fc.constantFrom('Z', 'z', '+01:00', '-11:30'),
    fc.constantFrom('', '.5', '.123456789'),
  )
  .map(([date, zone, fraction]) => JSON.stringify(`${date.toISOString().slice(0, 19)}${fraction}${zone}`));
const values = fc.oneof(
  numbers,
  texts,
  times,
  fc.constantFrom('true', 'false', '""', '"1e16"', '"007"', '-0', '-0.0'),
);

describe('what was written is what is shown and what is filtered', () => {
  it.each(Object.keys(SCALARS))('results and filters agree on every value of %s', (scalar) => {
    let shownCount = 0;
    fc.assert(
      fc.property(values, (json) => {
        const { selected, executed } = shownBy(scalar, json);
        if (selected !== undefined) expect(selected).toBe(executed);
        if (executed === undefined || executed === 'null') return;
        // Objects of CEL are not written in the literals of this test.
        if (scalar === 'Long' && !/^-?\d{1,18}$|^"/.test(executed)) return;
        shownCount += 1;
        const found = finds(scalar, executed, json);
        expect([json, found.byFilter]).toEqual([json, true]);
        if (found.byIndex !== undefined) expect([json, found.byIndex]).toEqual([json, true]);
      }),
      { numRuns: 60 },
    );
    expect(shownCount).toBeGreaterThan(2);
  });

  it.each(['ID', 'String'])(
    '%s shows all digits of an integer, and two numbers as one text only if they are equal',
    (scalar) => {
      const integer = fc.oneof(
        digits,
        digits.map((text) => `${text}.0`),
        fc
          .tuple(fc.integer({ min: 1, max: 999_999 }), fc.nat(30))
          .map(([mantissa, power]) => `${mantissa}e${power}`),
        fc.stringMatching(/^\d{16}$/).map((fraction) => `1.${fraction}e16`),
      );
      fc.assert(
        fc.property(integer, fc.integer({ min: -2, max: 2 }), (json, step) => {
          const exact = integerDigits(json);
          if (exact === undefined) throw new Error(`${json} is not an integer`);
          expect(shownBy(scalar, json)).toEqual({ selected: `"${exact}"`, executed: `"${exact}"` });
          const neighbour = BigInt(exact) + BigInt(step);
          const isSame = finds(scalar, `"${exact}"`, String(neighbour));
          expect(isSame).toEqual({ byFilter: step === 0, byIndex: step === 0 });
        }),
      );
    },
  );

  it('an ID in a variable and in an event meet, however each is written', () => {
    const document = parse('subscription ($v: ID) { it(v: $v) { v } }');
    const { schema: withArgument } = bound(
      'type Query { it: E } type E { v: ID } type Subscription { it(v: ID): E @subscribe(topic: "t") }',
    );
    const [operation] = document.definitions;
    if (operation?.kind !== 'OperationDefinition') throw new Error('The document has one operation');
    const forms = digits.chain((text) =>
      // JSON has no number that begins with two zeros.
      fc
        .constantFrom(text, `"${text}"`, `${text}.0`, Number(text) === 0 ? `${text}e-1` : `${text}0e-1`)
        .map((form) => [text, form] as const),
    );
    fc.assert(
      fc.property(forms, fc.nat(3), ([exact, form], which) => {
        const given = parseJsonText(`{"v":${form}}`) as Readonly<Record<string, unknown>>; // The test writes an object.
        const variables = exactVariables(withArgument, operation, given);
        const other = [exact, `"${exact}"`, `${exact}.0`, `${exact}e0`][which] ?? exact;
        expect([form, String(variables?.['v'])]).toEqual([form, exact]);
        expect(shownBy('ID', other).executed).toBe(`"${exact}"`);
      }),
    );
  });
});
