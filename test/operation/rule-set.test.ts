import fc from 'fast-check';
import {
  type ASTNode,
  type ASTVisitFn,
  buildSchema,
  type GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  type ValidationRule,
  validate,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { RuleSet } from '../../src/operation/rule-set.js';
import { VALIDATION_RULES } from '../../src/operation/subscription-root.js';

const schema = buildSchema(`
  directive @once on FIELD
  directive @often repeatable on FIELD | QUERY | FRAGMENT_SPREAD | INLINE_FRAGMENT
  type Query { a: Int b(n: Int!, of: In, kind: Kind = X): A list: [U!]! i: I }
  type Mutation { a(n: [Int!]): A }
  type Subscription { a: Int b: A }
  interface I { id: ID }
  type A implements I { id: ID a: A n: Int! u: U }
  type B implements I { id: ID n: String @deprecated }
  union U = A | B
  input In { n: Int! more: [In!] one: One }
  input One @oneOf { a: Int b: String }
  enum Kind { X Y }`);

const rules = [...VALIDATION_RULES, NoSchemaIntrospectionCustomRule];

const some = <T>(...values: T[]) => fc.constantFrom(...values);
const text = (...parts: (fc.Arbitrary<string> | string)[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((all) => all.join(''));
const joined = (one: fc.Arbitrary<string>, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.array(one, { minLength, maxLength }).map((all) => all.join(' '));

const value = some(
  '1',
  '"s"',
  '$v',
  '$w',
  'X',
  'Z',
  'null',
  '[1]',
  '{ n: 1 }',
  '{ n: 1, n: 2, no: $v }',
  '{ one: { a: 1, b: "" } }',
);
const args = fc.oneof(
  fc.constant(''),
  joined(text(some('n', 'of', 'kind', 'no'), ': ', value), 1, 3).map((all) => `(${all})`),
);
const directive = text(
  '@',
  some('once', 'often', 'skip', 'include', 'none'),
  fc.oneof(fc.constant(''), text('(if: ', value, ')')),
);
const directives = joined(directive, 0, 2);
const type = some('Query', 'Subscription', 'A', 'B', 'I', 'U', 'In', 'None');
const { selections } = fc.letrec<{ selections: string; selection: string }>((tie) => ({
  selections: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    fc.constant('{ id }'),
    joined(tie('selection'), 1, 4).map((all) => `{ ${all} }`),
  ),
  selection: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    text(
      some('', 'x: ', 'a: '),
      some('a', 'b', 'n', 'id', 'u', 'i', 'list', 'none', '__typename', '__schema'),
      args,
      directives,
      fc.oneof(fc.constant(''), tie('selections')),
    ),
    text('...', some('F', 'G', 'H'), directives),
    text('...', fc.oneof(fc.constant(''), text(' on ', type)), directives, tie('selections')),
  ),
}));
const variables = fc.oneof(
  fc.constant(''),
  joined(
    text(some('$v', '$w'), ': ', some('Int', 'Int!', '[In!]', 'A', 'None'), some('', ' = 1', ' = "s"')),
    1,
    2,
  ).map((all) => `(${all})`),
);
const operation = text(
  some('query', 'mutation', 'subscription'),
  some(' ', ' N ', ' M '),
  variables,
  directives,
  selections,
);
const fragment = text('fragment ', some('F', 'G'), ' on ', type, directives, selections);
const documents = joined(
  fc.oneof(
    { weight: 3, arbitrary: operation },
    { weight: 2, arbitrary: fragment },
    fc.constant('type T { a: Int }'),
  ),
  1,
  4,
);

const shown = (errors: readonly GraphQLError[]) =>
  errors.map(({ message, locations }) => ({ message, locations }));

const found = new RuleSet(schema, rules);
const limits = { maxErrors: 100, hideSuggestions: false };

describe('a set of rules', () => {
  it('finds what graphql-js finds with them, in the same order, in any document', () => {
    const counts = { valid: 0, invalid: 0 };
    fc.assert(
      fc.property(documents, some(3, 100), (source, maxErrors) => {
        const document = parse(source);
        const expected = shown(validate(schema, document, rules, { maxErrors }));
        counts[expected.length === 0 ? 'valid' : 'invalid'] += 1;
        expect(shown(found.validate(document, { ...limits, maxErrors }))).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
    expect(counts.invalid).toBeGreaterThan(100);
  });

  it.each([
    '{ a }',
    '{ ...F } fragment F on Query { b(n: 1) { ... on A @often { id } } }',
    'query N($v: Int!) { b(n: $v) { id } }',
  ])('finds nothing in %j', (source) => {
    expect(found.validate(parse(source), limits)).toEqual([]);
  });

  it('calls each rule with the keys, paths and ancestors of graphql-js', () => {
    const calls: unknown[] = [];
    const record = (...[node, key, parent, path, ancestors]: Parameters<ASTVisitFn<ASTNode>>): void => {
      calls.push([node, key, parent, [...path], [...ancestors]]);
    };
    const all: ValidationRule = () => ({ enter: record, leave: record });
    const document = parse(
      'query N($v: [Int!]! = [1] @often) @often { b(n: $v, of: { n: 1 }) { ...F ... @often { x: id } } } fragment F on A @often { id }',
    );
    validate(schema, document, [all]);
    const expected = calls.splice(0);
    new RuleSet(schema, [all]).validate(document, limits);
    expect(calls).toEqual(expected);
    expect(calls.length).toBeGreaterThan(50);
  });

  it('finds what is wrong with variables after documents without any', () => {
    const fresh = new RuleSet(schema, rules);
    expect(fresh.validate(parse('{ a }'), limits)).toEqual([]);
    const source = 'query ($v: Int!, $w: Int) { b(n: $u) { id } }';
    expect(shown(fresh.validate(parse(source), limits))).toEqual(
      shown(validate(schema, parse(source), rules)),
    );
    expect(fresh.validate(parse(source), limits)).toHaveLength(3);
  });
});
