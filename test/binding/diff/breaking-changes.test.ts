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

const EVENT_SCHEMA = {
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
  return breakingChanges(files(BEFORE, EVENT_SCHEMA), 'v1', files(after, rules ?? EVENT_SCHEMA), {}).map(
    formatDiagnostic,
  );
}

describe('breakingChanges', () => {
  it('reports no change when nothing changed, or only what readers do not notice', () => {
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

  const topicChange = (before: string | undefined, after: string | undefined, sdl = BEFORE) => {
    const files = (declared: string | undefined) => ({
      sources: [
        {
          name: 'schema/a.graphql',
          body: `${sdl}${declared === undefined ? '' : `extend schema @topic(name: "orders"${declared})`}`,
        },
      ],
      eventSchemas: [],
    });
    return breakingChanges(files(before), 'v1', files(after), {}).map(formatDiagnostic);
  };
  const CRC32 = ', partitioner: CRC32';
  const WITHOUT_PUBLISH = BEFORE.replace(/type Mutation .*\n/, 'type Mutation { ok: Boolean }\n');

  it('reports expressions of @topic(event:) that changed', () => {
    const event = (id: string) => `, event: { id: "${id}" }`;
    const changed = (to: string) =>
      topicChange(
        event('record.value.a'),
        event(to),
        WITHOUT_PUBLISH.replace('union Order = Placed | Closed', '').replace(': Order ', ': Placed '),
      );
    expect(changed('record.value.a')).toEqual([]);
    expect(changed('record.value.b')).toEqual([
      expect.stringMatching(
        /^schema\/a.graphql.*The records of the topic orders are read by other expressions: id\./,
      ),
    ]);
  });

  it.each([
    [
      'another partitioner',
      CRC32,
      ', partitioner: FNV1A',
      /from CRC32 to FNV1A\. Its stored events lie where CRC32/,
    ],
    [
      'a partitioner in place of none that is known',
      ', partitioner: NONE',
      CRC32,
      /from NONE to CRC32\. Its stored events may lie in any/,
    ],
    ['a declaration that is gone', CRC32, undefined, /^v1:schema.*from CRC32 to none\. Its stored/],
    [
      'a partitioner that mutations did not have',
      undefined,
      CRC32,
      /from none to CRC32\. Mutations have put/,
    ],
    [
      'none, where mutations had one',
      CRC32,
      ', partitioner: NONE',
      /from CRC32 to NONE\. Mutations have put/,
    ],
    [
      'another key format',
      ', key: INT64',
      ', key: UUID',
      /key of the topic orders changed from INT64 to UUID\. Clients/,
    ],
    ['a key format where there was none', '', ', key: JSON', /changed from no format to JSON/],
    [
      'keys that have to be UTF-8',
      undefined,
      ', key: STRING',
      /from no format to STRING\. Stored events with keys/,
    ],
    [
      'another envelope',
      '',
      ', envelope: DEBEZIUM',
      /format of the topic orders changed from CLOUDEVENTS to DEBEZIUM/,
    ],
    [
      'another name for a type',
      ', types: { names: [{ name: "placed.v1", type: "Placed" }] }',
      ', types: { names: [{ name: "placed.v2", type: "Placed" }] }',
      /types of the topic orders are read in another way/,
    ],
    [
      'types in another place',
      '',
      ', types: { field: "kind" }',
      /types of the topic orders are read in another way/,
    ],
  ])('D2 reports a changed @topic: %s', (_what, before, after, message) => {
    expect(topicChange(before, after)).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    ['the partitioner that was assumed', undefined, ', partitioner: MURMUR2', BEFORE],
    ['no partitioner, so that all partitions are followed', undefined, ', partitioner: NONE', BEFORE],
    ['a partitioner of others, where only they publish', undefined, CRC32, WITHOUT_PUBLISH],
    ['no partitioner, where only others publish', CRC32, ', partitioner: NONE', WITHOUT_PUBLISH],
    ['the envelope that its fields had', '', ', envelope: CLOUDEVENTS', BEFORE],
    [
      'names of types beside those that it had',
      ', types: { names: [{ name: "placed.v1", type: "Placed" }] }',
      ', types: { names: [{ name: "placed.v1", type: "Placed" }, { name: "placed.v2", type: "Placed" }] }',
      BEFORE,
    ],
    ['keys that need not be UTF-8', ', key: STRING', '', BEFORE],
  ])('reports nothing when @topic gets %s', (_what, before, after, sdl) => {
    expect(topicChange(before, after, sdl)).toEqual([]);
  });

  it('D2 takes a changed name in @topic as two topics, and declarations of a new topic as no change', () => {
    const named = (name: string, sdl = BEFORE) => ({
      sources: [{ name: 'schema/a.graphql', body: `${sdl}extend schema @topic(name: "${name}"${CRC32})` }],
      eventSchemas: [],
    });
    const of = (before: string, after: string) =>
      breakingChanges(named(before), 'v1', named(after), {}).map(formatDiagnostic);
    expect(of('orders', 'order')).toEqual([
      expect.stringContaining('The partitioner of the topic orders changed'),
    ]);
    expect(of('new', 'newer')).toEqual([expect.stringContaining('The partitioner of the topic new changed')]);
    const none = { ...named('x'), sources: [{ name: 'schema/a.graphql', body: BEFORE }] };
    expect(breakingChanges(none, 'v1', named('new'), {})).toEqual([]);
  });

  it('compares a type that no field names if it has a JSON Schema: resolvers may publish it', () => {
    const body = 'type Query { ok: Int } type Wish { id: ID! note: String }';
    const files = (sdl: string, rules: object = {}) => ({
      sources: [{ name: 'schema/a.graphql', body: sdl }],
      eventSchemas: [{ name: 'schema/events/Wish.json', body: JSON.stringify(rules) }],
    });
    const changesTo = (after: ReturnType<typeof files>) =>
      breakingChanges(files(body), 'v1', after, {}).map(formatDiagnostic);
    expect(changesTo(files(body.replace('note', 'more: Int! note')))).toEqual([
      'schema/a.graphql:1:44  The new field Wish.more: Int! is non-null. Make it nullable: stored events do not have it.',
    ]);
    expect(changesTo(files(body, { required: ['id'] }))).toEqual([]);
    expect(changesTo(files(body, { required: ['note'] }))).toHaveLength(1);
  });

  it.each([
    ['a removed field', 'note: String, ', '', [/a\.graphql:5:1 {2}Placed\.note was removed\./]],
    ['a renamed field', 'note:', 'text:', [/a\.graphql:5:1 {2}Placed\.note was removed\./]],
    [
      'a field of another type',
      'quantity: Int',
      'quantity: String',
      [/a\.graphql:7:23 {2}Line\.quantity changed type from Int to String\./],
    ],
    [
      'a field that became non-null',
      'note: String,',
      'note: String!,',
      [/a\.graphql:5:24 {2}Placed\.note changed from String to String!\. .*null/],
    ],
    [
      'a field of a nested type that became non-null',
      'quantity: Int',
      'quantity: Int!',
      [/a\.graphql:7:23 {2}Line\.quantity changed from Int to Int!\./],
    ],
    [
      'a list item that became non-null',
      '[String]',
      '[String!]',
      [/a\.graphql:5:38 {2}Placed\.tags changed from \[String\] to \[String!\]\./],
    ],
    [
      'a new non-null field',
      'note: String,',
      'note: String, by: ID!,',
      [/a\.graphql:5:38 {2}The new field Placed\.by: ID! is non-null\. .*stored events do not have it/],
    ],
    ['a removed enum value', 'S M', 'S', [/a\.graphql:8:1 {2}M was removed from enum type Size/]],
    [
      'an argument that became non-null',
      'a: Int',
      'a: Int!',
      [/a\.graphql:1:14 {2}Query\.ok arg a has changed type/],
    ],
    [
      'an event type that no field shows any more',
      'union Order = Placed | Closed',
      'union Order = Placed',
      [
        /:4:1 {2}Closed was removed from union type Order/,
        /:6:1 {2}Closed is no longer an event type of the topic orders/,
      ],
    ],
    [
      'a topic that no field names any more',
      /"orders"/g,
      '"orders2"',
      [/^v1:schema\/a\.graphql:2:60 {2}No field names the topic orders any more/],
    ],
    [
      'a removed field of Mutation',
      /type Mutation.*\n/,
      'type Mutation { other: Published! @publish(topic: "orders", type: "Placed", key: "\'k\'") }\n',
      [/a\.graphql:2:1 {2}Mutation\.place was removed/],
    ],
  ])('reports %s as a breaking change', (_what, from, to, expected) => {
    const found = changes(BEFORE.replace(from, to));
    expect(found).toEqual(expected.map((line) => expect.stringMatching(line)));
  });

  it('reports each of several removed fields of one type', () => {
    expect(changes(BEFORE.replace('note: String, tags: [String], ', ''))).toEqual([
      expect.stringContaining('Placed.note was removed'),
      expect.stringContaining('Placed.tags was removed'),
    ]);
  });

  it('reports a removed type at its old location', () => {
    const found = changes(BEFORE.replace(' | Closed', '').replace(/type Closed.*\n/, ''));
    expect(found).toContainEqual(expect.stringMatching(/^v1:schema\/a\.graphql:6:1 {2}Closed was removed\./));
  });
});

describe('breakingChanges inside a union of an event type', () => {
  const before = BEFORE.replace('size: Size', 'size: Size, paid: Paid').concat(
    'union Paid = Card | Cash\ntype Card { number: String }\ntype Cash { coins: Int }\n',
  );
  const changesTo = (after: string) =>
    breakingChanges(
      { sources: [{ name: 'schema/a.graphql', body: before }], eventSchemas: [] },
      'v1',
      { sources: [{ name: 'schema/a.graphql', body: after }], eventSchemas: [] },
      {},
    ).map(formatDiagnostic);

  it('reports a field of a union member that became non-null: stored events may have null there', () => {
    expect(changesTo(before)).toEqual([]);
    expect(changesTo(before.replace('coins: Int', 'coins: Int!'))).toEqual([
      expect.stringMatching(/a\.graphql:11:\d+ {2}Cash\.coins changed from Int to Int!\. /),
    ]);
  });
});

describe('breakingChanges of the JSON Schema of an event type', () => {
  const { properties } = EVENT_SCHEMA;
  const { id } = properties;
  const quantity = properties.lines.items.properties.quantity;
  const withId = (change: object) => ({
    ...EVENT_SCHEMA,
    properties: { ...properties, id: { ...id, ...change } },
  });
  const withQuantity = (change: object) => ({
    ...EVENT_SCHEMA,
    properties: { ...properties, lines: { items: { properties: { quantity: { ...quantity, ...change } } } } },
  });

  it.each([
    ['a higher maxLength', withId({ maxLength: 11 })],
    ['one more value', withId({ enum: ['b', 'c', 'a'] })],
    ['one more type', withId({ type: ['string', 'null', 'number'] })],
    ['a lower minimum', withQuantity({ minimum: 0 })],
    ['a multipleOf that divides the old one', withQuantity({ multipleOf: 2 })],
    ['annotations', { ...EVENT_SCHEMA, title: 'Placed', description: 'An order', $comment: 'new' }],
    ['no required properties', { ...EVENT_SCHEMA, required: [] }],
    ['no constraints', true],
    [
      'a constraint on a field that no event had',
      { ...EVENT_SCHEMA, properties: { ...properties, by: { minLength: 1 } } },
    ],
  ])('accepts a JSON Schema with %s: it allows what was allowed', (_what, rules) => {
    expect(changes(BEFORE.replace('note: String,', 'note: String, by: ID,'), rules)).toEqual([]);
  });

  it.each([
    ['a new required property', { ...EVENT_SCHEMA, required: ['id', 'note'] }, '/required now includes note'],
    ['one type fewer', withId({ type: 'string' }), '/properties/id/type no longer allows null'],
    ['one value fewer', withId({ enum: ['a'] }), '/properties/id/enum no longer allows "b"'],
    ['a new const', withId({ const: 'b' }), '/properties/id/const no longer allows "a"'],
    ['a lower maxLength', withId({ maxLength: 9 }), '/properties/id/maxLength changed from 10 to 9'],
    ['a new minLength', withId({ minLength: 1 }), '/properties/id/minLength was added: 1'],
    ['a new pattern', withId({ pattern: '^a' }), '/properties/id/pattern was added'],
    [
      'a higher nested minimum',
      withQuantity({ minimum: 2 }),
      '/properties/lines/items/properties/quantity/minimum changed from 1 to 2',
    ],
    [
      'integers only',
      withQuantity({ type: 'integer' }),
      '/properties/lines/items/properties/quantity/type no longer allows number',
    ],
    ['another multipleOf', withQuantity({ multipleOf: 3 }), '/multipleOf changed from 4 to 3'],
    [
      'a new constraint on a field that events have',
      { ...EVENT_SCHEMA, properties: { ...properties, note: { minLength: 1 } } },
      '/properties/note/minLength was added: 1',
    ],
    [
      'additional properties rejected',
      { ...EVENT_SCHEMA, additionalProperties: false },
      '/additionalProperties now rejects everything',
    ],
    ['everything rejected', false, '/ now rejects everything'],
    [
      'a new keyword that is not compared by meaning',
      { ...EVENT_SCHEMA, not: { required: ['note'] } },
      '/not was added',
    ],
  ])('reports a JSON Schema with %s, with file and line', (_what, rules, expected) => {
    const found = changes(BEFORE, rules);
    expect(found).toEqual([expect.stringContaining(expected)]);
    expect(found[0]).toMatch(/^schema\/events\/Placed\.json:\d+:\d+ {2}/);
  });

  const since = (was: unknown, is: unknown) =>
    narrowings(was, is, undefined).map(({ pointer, change }) => `${pointer} ${change}`);

  it.each(['additionalProperties', 'unevaluatedProperties'])(
    'reports a property that is no longer listed where %s rejects others',
    (keyword) => {
      const rules = (...names: string[]) => ({
        properties: Object.fromEntries(names.map((name) => [name, {}])),
        [keyword]: false,
      });
      expect(since(rules('a', 'b'), rules('a', 'b'))).toEqual([]);
      expect(since(rules('a', 'b'), rules('a'))).toEqual([
        '/properties no longer has b, which is now rejected',
      ]);
    },
  );

  it('accepts that a property is no longer listed where others are allowed, or where it was rejected before', () => {
    expect(since({ properties: { a: {}, b: {} } }, { properties: { a: {} } })).toEqual([]);
    expect(since({ properties: { b: false } }, { additionalProperties: false })).toEqual([
      '/additionalProperties now rejects everything',
    ]);
  });
});
