import { parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { VALIDATION_RULES } from '../../src/operation/subscription-root.js';
import { bound } from '../binding/schema.js';

const { schema } = bound(`
  interface Root { said: Said }
  type Query { ok: Boolean }
  type Subscription implements Root {
    said: Said @subscribe(topic: "said")
    heard(room: ID): Said @subscribe(topic: "said")
  }
  type Said { room: ID!, text: String }`);

const problemsOf = (document: string): string[] =>
  validate(schema, parse(document), VALIDATION_RULES).map(({ message }) => message);

const CONDITION = 'must not use `@skip` or `@include` directives in the top level selection.';
const ONE = 'must select only one top level field.';

describe('the root of a subscription', () => {
  it.each([
    'subscription { said { text } }',
    'subscription { ...F } fragment F on Subscription { said { text } }',
    'subscription { ... { said { text } } }',
    'subscription { ... on Subscription { ...F } } fragment F on Root { said { text } }',
    'subscription { said { text } said { room } }',
    'subscription { a: said { text } ...F } fragment F on Subscription { a: said { room } }',
    'subscription { said { text @skip(if: true) } }',
    'subscription ($i: Boolean!) { said { ... @include(if: $i) { text } room } }',
  ])('is valid in %s', (document) => {
    expect(problemsOf(document)).toEqual([]);
  });

  it.each([
    ['subscription { said @skip(if: true) { text } }', [`Anonymous Subscription ${CONDITION}`]],
    ['subscription S { said @skip(if: false) { text } }', [`Subscription "S" ${CONDITION}`]],
    ['subscription S($i: Boolean!) { said @include(if: $i) { text } }', [`Subscription "S" ${CONDITION}`]],
    ['subscription { ... @include(if: true) { said { text } } }', [`Anonymous Subscription ${CONDITION}`]],
    [
      'subscription { ...F @skip(if: false) } fragment F on Subscription { said { text } }',
      [`Anonymous Subscription ${CONDITION}`],
    ],
    [
      'subscription { ...F } fragment F on Subscription { ... { said @include(if: true) { text } } }',
      [`Anonymous Subscription ${CONDITION}`],
    ],
    ['subscription { said { text } heard { text } }', [`Anonymous Subscription ${ONE}`]],
    ['subscription { said { text } b: said { text } }', [`Anonymous Subscription ${ONE}`]],
    [
      'subscription { said { text } ...F } fragment F on Subscription { heard { text } }',
      [`Anonymous Subscription ${ONE}`],
    ],
    [
      'subscription { __typename }',
      ['Anonymous Subscription must not select an introspection top level field.'],
    ],
  ])('is refused in %s', (document, problems) => {
    expect(problemsOf(document)).toEqual(problems);
  });

  it('S4 ends for fragments in a cycle', () => {
    const cycle =
      'subscription { ...F } fragment F on Subscription { ...G } fragment G on Subscription { ...F }';
    expect(problemsOf(cycle)).toContain('Cannot spread fragment "F" within itself via "G".');
  });
});
