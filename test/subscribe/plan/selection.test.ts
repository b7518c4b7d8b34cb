import fc from 'fast-check';
import {
  buildSchema,
  execute,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { dataField } from '../../../src/binding/runtime/data-field.js';
import { DocumentNormaliser } from '../../../src/subscribe/plan/document-normaliser.js';
import { Selection } from '../../../src/subscribe/plan/selection.js';

const SCHEMA = `
  scalar Json
  enum Colour { RED GREEN }
  interface Node { id: ID! next: Node }
  union Any = Leaf | Branch
  type Leaf implements Node { id: ID! next: Node text: String size: Int! weight: Float }
  type Branch implements Node { id: ID! next: Node any: Any all: [Any!] grid: [[Int!]]! colour: Colour json: Json on: Boolean
    toString: String length: Int sized(by: Int = 2): Int }
  type Query { ok: Boolean }
  type Subscription { any(of: Int = 1): Any node: Node! leaf: Leaf branch: Branch all: [Any!]! count: Int }
`;
const schema = buildSchema(SCHEMA);

function objectOf(of: GraphQLSchema, name: string): GraphQLObjectType {
  const type = of.getType(name);
  if (!isObjectType(type)) throw new Error(`${name} is not an object type`);
  return type;
}

/** What execution makes of it, and what is written without it. */
function both(source: string, value: unknown) {
  const written = parse(source);
  expect(validate(schema, written)).toEqual([]);
  const [operation] = written.definitions;
  if (operation?.kind !== 'OperationDefinition') throw new Error('The operation comes first');
  const { document, selection } = new DocumentNormaliser(schema).normalise(written, operation, {});
  const field = source.match(/\w+/g)?.[1] ?? '';
  const { errors, data } = execute({
    schema,
    document,
    rootValue: { [field]: value },
    fieldResolver: dataField,
  }) as {
    errors?: readonly unknown[];
    data?: unknown;
  };
  return { executed: errors === undefined ? JSON.stringify(data) : undefined, json: selection.json(value) };
}

const TYPES = ['Leaf', 'Branch', 'Node', 'Nothing'];
const LEAF = ['id', 'x: text', 'text', 'size', 'weight', '__typename', 'kind: __typename'];
const BRANCH = ['id', 'colour', 'json', 'on', 'grid', '__typename'];

const lines = (...options: string[]) => fc.subarray(options, { minLength: 1 }).map((some) => some.join(' '));
const { node, any } = fc.letrec<{ node: string; any: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    lines('id', '__typename'),
    fc.tuple(lines('id', '__typename'), tie('node')).map(([own, next]) => `${own} next { ${next} }`),
    fc.tuple(lines('id'), tie('any')).map(([own, inner]) => `${own} ... on Any { ${inner} }`),
  ),
  any: fc.oneof(
    { maxDepth: 3 },
    lines(...LEAF).map((fields) => `__typename ... on Leaf { ${fields} }`),
    fc
      .tuple(lines(...BRANCH), tie('any'), tie('node'))
      .map(
        ([fields, inner, next]) =>
          `... on Branch { ${fields} any { ${inner} } all { ${inner} } } ... on Node { id next { ${next} } } ...Named`,
      ),
  ),
}));
const document = fc.oneof(
  any.map((inner) => `any { ${inner} }`),
  any.map((inner) => `all { ${inner} }`),
  node.map((inner) => `node { ${inner} }`),
  lines(...LEAF).map((fields) => `leaf { ${fields} }`),
);

const { thing } = fc.letrec<{ thing: unknown }>((tie) => ({
  thing: fc.oneof(
    { maxDepth: 4 },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
    {
      weight: 4,
      arbitrary: fc.record(
        {
          __typename: fc.constant('Leaf'),
          id: fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer()),
          text: fc.option(fc.string({ unit: 'binary' })),
          size: fc.integer(),
          weight: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
          next: fc.constant(null),
        },
        { requiredKeys: ['__typename', 'id', 'size'] },
      ),
    },
    {
      weight: 4,
      arbitrary: fc.record(
        {
          __typename: fc.oneof(
            { weight: 6, arbitrary: fc.constant('Branch') },
            { weight: 1, arbitrary: fc.constantFrom(...TYPES) },
          ),
          id: fc.string(),
          any: tie('thing'),
          all: fc.array(tie('thing'), { maxLength: 3 }),
          grid: fc.array(fc.option(fc.array(fc.integer(), { maxLength: 2 })), { maxLength: 2 }),
          colour: fc.constantFrom('RED', 'GREEN', null, 'BLUE'),
          json: fc.jsonValue(),
          on: fc.boolean(),
          next: tie('thing'),
        },
        { requiredKeys: ['__typename', 'id', 'grid'] },
      ),
    },
  ),
}));

describe('a selection of plain data', () => {
  it('C1 a compiled selection writes byte for byte what execution would, and leaves every error to execution', () => {
    const seen = { same: 0, left: 0 };
    fc.assert(
      fc.property(document, thing, (inner, data) => {
        // As events come: through JSON.
        const one = JSON.parse(JSON.stringify(data)) as unknown;
        const value = inner.startsWith('all') ? [one, one] : one;
        const named = inner.includes('...Named')
          ? 'fragment Named on Any { ... on Leaf { again: size } }'
          : '';
        const { executed, json } = both(`subscription { ${inner} } ${named}`, value);
        if (json !== undefined) expect(json).toBe(executed);
        seen[json === undefined ? 'left' : 'same'] += 1;
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(seen.same, seen.left)).toBeGreaterThan(100);
  });

  it.each([
    ['leaf { a: text b: text text }', { __typename: 'Leaf', text: '"\\u2028 é' }],
    ['leaf { size ... on Leaf { size } ... @include(if: false) { text } }', { size: '7' }],
    ['node { ... on Branch { json grid } }', { __typename: 'Leaf' }],
    [
      'all { ... on Branch { grid json toJson: json } }',
      [{ __typename: 'Branch', grid: [[1], null], json: { a: [] } }],
    ],
    ['any { ... on Branch { toString } }', { __typename: 'Branch' }],
    ['any { ... on Branch { toString } }', { __typename: 'Branch', toString: null }],
    ['count', 3],
    [
      'node { next { id } ... on Leaf { next { __typename } } }',
      { __typename: 'Leaf', next: { __typename: 'Leaf', id: 1 } },
    ],
    [
      'any(of: 3) { ... on Node { next { id } } }',
      { __typename: 'Branch', next: { __typename: 'Leaf', id: 1 } },
    ],
  ])('a compiled selection writes what execution would: %s', (inner, value) => {
    const { executed, json } = both(`subscription { ${inner} }`, value);
    expect(executed).toBeDefined();
    expect(json).toBe(executed);
  });

  it.each([
    ['a field with arguments', 'any { ... on Branch { sized } }', { __typename: 'Branch', sized: 1 }],
    ['text where an object belongs', 'branch { length }', 'abc'],
    ['another type', 'any { ... on Branch { length } }', { __typename: 'Query' }],
    ['no type', 'any { ... on Branch { length } }', {}],
    ['null where none may be', 'leaf { size }', {}],
    ['what is not a number', 'leaf { size }', { size: 'many' }],
    ['an object where a list belongs', 'all { __typename }', {}],
  ])('a selection leaves a value to execution: %s', (_what, inner, value) => {
    expect(both(`subscription { ${inner} }`, value).json).toBeUndefined();
  });

  it('S4 the number of compiled fields is bounded, however many combinations of types arrive', () => {
    const own = buildSchema(`
      interface N { next: N id: Int }
      type A implements N { next: N id: Int }
      type B implements N { next: N id: Int }
      type Query { ok: Boolean }
      type Subscription { n: N }`);
    const DEPTH = 12;
    const document = parse(`subscription { n { ${'next { '.repeat(DEPTH)} id ${'}'.repeat(DEPTH)} } }`);
    const selection = new Selection(own, document);
    const ofTypes = (types: number): object => {
      let value: object = { __typename: 'A', id: types };
      for (let i = 0; i < DEPTH; i++) value = { __typename: (types >> i) & 1 ? 'A' : 'B', next: value };
      return value;
    };
    const [first, others] = [ofTypes(0), Array.from({ length: 2 ** DEPTH }, (_, types) => ofTypes(types))];
    const { data } = execute({ schema: own, document, rootValue: { n: first } }) as { data?: unknown };
    expect(selection.json(first)).toBe(JSON.stringify(data));
    const written = others.filter((value) => selection.json(value) !== undefined).length;
    expect(written).toBeGreaterThan(10);
    expect(written).toBeLessThan(1_000);
    expect(selection.json(first)).toBe(JSON.stringify(data));
  });

  it('S4 the number of compiled fields is bounded, however deep the document is', () => {
    const deep = 1_400;
    const own = buildSchema('type N { next: N } type Query { ok: Boolean } type Subscription { n: N }');
    const document = parse(`subscription { n { ${'next { '.repeat(deep)} next ${'}'.repeat(deep)} } }`);
    const selection = new Selection(own, document);
    const deeply = (levels: number): object => (levels === 0 ? {} : { next: deeply(levels - 1) });
    expect(selection.json(deeply(2))).toBe('{"n":{"next":{"next":{"next":null}}}}');
    expect(selection.json(deeply(1_200))).toBeUndefined();
  });

  it.each([
    [
      'a resolver',
      (own: GraphQLSchema) => {
        Object.assign(objectOf(own, 'Leaf').getFields()['size'] ?? {}, { resolve: () => 1 });
      },
    ],
    [
      'a type that tells what it is',
      (own: GraphQLSchema) => {
        objectOf(own, 'Leaf').isTypeOf = () => true;
      },
    ],
  ])('a selection leaves a value to execution: %s', (_what, change) => {
    const own = buildSchema(SCHEMA);
    change(own);
    const document = parse('subscription { leaf { size } }');
    expect(new Selection(schema, document).json({ size: 2 })).toBe('{"leaf":{"size":2}}');
    expect(new Selection(own, document).json({ size: 2 })).toBeUndefined();
  });
});
