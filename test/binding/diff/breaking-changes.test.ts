import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../../src/binding/diagnostic.js';
import { breakingChanges } from '../../../src/binding/diff/breaking-changes.js';
import { narrowings } from '../../../src/binding/diff/json-schema-changes.js';

const BEFORE = `type Query { ok(a: Int): Boolean }
type Mutation { place(id: ID!): Published! @publish(topic: "orders", type: "Placed", key: "args.id") }
type Subscription { orders(id: ID): Order @subscribe(topic: "orders") }
union Order = Placed | Closed
type Placed { id: ID!, note: String, tags: [String], lines: [Line!], size: Size }
type Closed { id: ID! }
type Line { sku: ID!, quantity: Int }
enum Size { S M }
`;

const RULES = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: ['string', 'null'], maxLength: 10, enum: ['a', 'b'] },
    lines: { items: { properties: { quantity: { type: 'number', minimum: 1, multipleOf: 4 } } } },
  },
};

function changes(after: string, rules?: unknown) {
  const files = (body: string, json: unknown) => ({
    sources: [{ name: 'schema/a.graphql', body }],
    eventSchemas: [{ name: 'schema/events/Placed.json', body: JSON.stringify(json, null, 2) }],
  });
  return breakingChanges(files(BEFORE, RULES), 'v1', files(after, rules ?? RULES), {}).map(formatDiagnostic);
}

describe('a change of the schema', () => {
  it('is none when nothing changed, or only what readers do not notice', () => {
    expect(changes(BEFORE)).toEqual([]);
    expect(
      changes(
        BEFORE.replace('note: String,', 'note: String, more: Int,')
          .replace('Closed { id: ID! }', 'Closed { id: ID!, why: String }')
          .replace('enum Size { S M }', 'enum Size { S M L }')
          .replace('(a: Int)', '(a: Int, b: Int)'),
      ),
    ).toEqual([]);
  });

  it('of a type that no field names counts where it has rules: resolvers publish it', () => {
    const body = 'type Query { ok: Int } type Wish { id: ID! note: String }';
    const files = (sdl: string, rules: object = {}) => ({
      sources: [{ name: 'schema/a.graphql', body: sdl }],
      eventSchemas: [{ name: 'schema/events/Wish.json', body: JSON.stringify(rules) }],
    });
    const told = (after: ReturnType<typeof files>) =>
      breakingChanges(files(body), 'v1', after, {}).map(formatDiagnostic);
    expect(told(files(body.replace('note', 'more: Int! note')))).toEqual([
      'schema/a.graphql:1:44  found the new field Wish.more: Int!; expected null to be allowed: stored events have no such field',
    ]);
    expect(told(files(body, { required: ['id'] }))).toEqual([]);
    expect(told(files(body, { required: ['note'] }))).toHaveLength(1);
  });

  it.each([
    ['a field that is gone', 'note: String, ', '', [/a\.graphql:5:1 {2}found Placed\.note was removed;/]],
    ['a field with another name', 'note:', 'text:', [/a\.graphql:5:1 {2}found Placed\.note was removed;/]],
    [
      'a field of another type',
      'quantity: Int',
      'quantity: String',
      [/a\.graphql:7:23 {2}found Line\.quantity changed type from Int to String;/],
    ],
    [
      'a field that stored events may have as null',
      'note: String,',
      'note: String!,',
      [/a\.graphql:5:24 {2}found Placed\.note: String!, which was String; .*null/],
    ],
    [
      'such a field of what events are made of',
      'quantity: Int',
      'quantity: Int!',
      [/a\.graphql:7:23 {2}found Line\.quantity: Int!, which was Int;/],
    ],
    [
      'null in a list',
      '[String]',
      '[String!]',
      [/a\.graphql:5:38 {2}found Placed\.tags: \[String!\], which was \[String\];/],
    ],
    [
      'a new field that stored events do not have',
      'note: String,',
      'note: String, by: ID!,',
      [/a\.graphql:5:38 {2}found the new field Placed\.by: ID!; .*stored events have no such field/],
    ],
    ['an enum value that is gone', 'S M', 'S', [/a\.graphql:8:1 {2}found M was removed from enum type Size/]],
    [
      'an argument that is needed',
      'a: Int',
      'a: Int!',
      [/a\.graphql:1:14 {2}found Query\.ok arg a has changed type/],
    ],
    [
      'an event type that nobody shows any more',
      'union Order = Placed | Closed',
      'union Order = Placed',
      [/:4:1 {2}found Closed was removed from union type Order/, /:6:1 {2}found Closed no longer on orders/],
    ],
    [
      'a topic that nobody knows any more',
      /"orders"/g,
      '"orders2"',
      [/^v1:schema\/a\.graphql:2:60 {2}found no field for the topic orders/],
    ],
    [
      'a field of Mutation that is gone',
      /type Mutation.*\n/,
      'type Mutation { other: Published! @publish(topic: "orders", type: "Placed", key: "\'k\'") }\n',
      [/a\.graphql:2:1 {2}found Mutation\.place was removed/],
    ],
  ])('breaks readers: %s', (_what, from, to, expected) => {
    const found = changes(BEFORE.replace(from, to));
    expect(found).toEqual(expected.map((line) => expect.stringMatching(line)));
  });

  it('that takes away several fields names each', () => {
    expect(changes(BEFORE.replace('note: String, tags: [String], ', ''))).toEqual([
      expect.stringContaining('Placed.note was removed'),
      expect.stringContaining('Placed.tags was removed'),
    ]);
  });

  it('that takes a type away is told where the type was', () => {
    const found = changes(BEFORE.replace(' | Closed', '').replace(/type Closed.*\n/, ''));
    expect(found).toContainEqual(
      expect.stringMatching(/^v1:schema\/a\.graphql:6:1 {2}found Closed was removed;/),
    );
  });
});

describe('a change inside a union that is part of an event', () => {
  const before = BEFORE.replace('size: Size', 'size: Size, paid: Paid').concat(
    'union Paid = Card | Cash\ntype Card { number: String }\ntype Cash { coins: Int }\n',
  );
  const since = (after: string) =>
    breakingChanges(
      { sources: [{ name: 'schema/a.graphql', body: before }], eventSchemas: [] },
      'v1',
      { sources: [{ name: 'schema/a.graphql', body: after }], eventSchemas: [] },
      {},
    ).map(formatDiagnostic);

  it('breaks readers where stored events may have null', () => {
    expect(since(before)).toEqual([]);
    expect(since(before.replace('coins: Int', 'coins: Int!'))).toEqual([
      expect.stringMatching(/a\.graphql:11:\d+ {2}found Cash\.coins: Int!, which was Int; /),
    ]);
  });
});

describe('a change of the JSON Schema of an event type', () => {
  const { properties } = RULES;
  const { id } = properties;
  const quantity = properties.lines.items.properties.quantity;
  const withId = (change: object) => ({ ...RULES, properties: { ...properties, id: { ...id, ...change } } });
  const withQuantity = (change: object) => ({
    ...RULES,
    properties: { ...properties, lines: { items: { properties: { quantity: { ...quantity, ...change } } } } },
  });

  it.each([
    ['a longer limit', withId({ maxLength: 11 })],
    ['one more value', withId({ enum: ['b', 'c', 'a'] })],
    ['one more type', withId({ type: ['string', 'null', 'number'] })],
    ['a lower limit', withQuantity({ minimum: 0 })],
    ['a factor', withQuantity({ multipleOf: 2 })],
    ['words', { ...RULES, title: 'Placed', description: 'An order', $comment: 'new' }],
    ['nothing needed', { ...RULES, required: [] }],
    ['no rules', true],
    [
      'a rule for a field that no event had',
      { ...RULES, properties: { ...properties, by: { minLength: 1 } } },
    ],
  ])('that allows all that was allowed is none: %s', (_what, rules) => {
    expect(changes(BEFORE.replace('note: String,', 'note: String, by: ID,'), rules)).toEqual([]);
  });

  it.each([
    ['a property needed', { ...RULES, required: ['id', 'note'] }, '/required now has note'],
    ['a type less', withId({ type: 'string' }), '/properties/id/type no longer allows null'],
    ['a value less', withId({ enum: ['a'] }), '/properties/id/enum no longer allows "b"'],
    ['one value', withId({ const: 'b' }), '/properties/id/const no longer allows "a"'],
    ['a shorter limit', withId({ maxLength: 9 }), '/properties/id/maxLength is 9, and was 10'],
    ['a new limit', withId({ minLength: 1 }), '/properties/id/minLength is new: 1'],
    ['a pattern', withId({ pattern: '^a' }), '/properties/id/pattern is new'],
    [
      'a higher limit further in',
      withQuantity({ minimum: 2 }),
      '/properties/lines/items/properties/quantity/minimum is 2, and was 1',
    ],
    [
      'whole numbers only',
      withQuantity({ type: 'integer' }),
      '/properties/lines/items/properties/quantity/type no longer allows number',
    ],
    ['another factor', withQuantity({ multipleOf: 3 }), '/multipleOf is 3, and was 4'],
    [
      'a rule for a field that events have',
      { ...RULES, properties: { ...properties, note: { minLength: 1 } } },
      '/properties/note/minLength is new: 1',
    ],
    [
      'nothing else',
      { ...RULES, additionalProperties: false },
      '/additionalProperties allows nothing any more',
    ],
    ['nothing at all', false, '/ allows nothing any more'],
    ['a condition', { ...RULES, not: { required: ['note'] } }, '/not is new'],
  ])('that allows less is told with its place: %s', (_what, rules, expected) => {
    const found = changes(BEFORE, rules);
    expect(found).toEqual([expect.stringContaining(expected)]);
    expect(found[0]).toMatch(/^schema\/events\/Placed\.json:\d+:\d+ {2}/);
  });

  const since = (was: unknown, is: unknown) =>
    narrowings(was, is, undefined).map(({ pointer, says }) => `${pointer} ${says}`);

  it.each(['additionalProperties', 'unevaluatedProperties'])(
    'that drops a property which nothing but %s lets in tells it',
    (keyword) => {
      const rules = (...names: string[]) => ({
        properties: Object.fromEntries(names.map((name) => [name, {}])),
        [keyword]: false,
      });
      expect(since(rules('a', 'b'), rules('a', 'b'))).toEqual([]);
      expect(since(rules('a', 'b'), rules('a'))).toEqual([
        '/properties no longer has b, which is refused now',
      ]);
    },
  );

  it('that drops a property is none where others are let in, or where it was refused before', () => {
    expect(since({ properties: { a: {}, b: {} } }, { properties: { a: {} } })).toEqual([]);
    expect(since({ properties: { b: false } }, { additionalProperties: false })).toEqual([
      '/additionalProperties allows nothing any more',
    ]);
  });
});
