import fc from 'fast-check';
import { execute, getOperationAST, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { ResolverCall } from '../../../src/binding/runtime/resolvers.js';
import { DocumentNormaliser } from '../../../src/subscribe/plan/document-normaliser.js';
import { planSubscription } from '../../../src/subscribe/plan/plan.js';
import { bound } from '../../binding/schema.js';

const bindings = bound(`
  type Query { ok: Boolean }
  type Subscription { said(room: ID, size: Int = 3): Said @subscribe(topic: "said") }
  type Said { room: ID!, text: String, by: Person }
  type Person { name: String, age: Int }`);
const options = { normaliser: new DocumentNormaliser(bindings.schema), maxCharacters: 2_000 };

function plan(source: string, variables: Record<string, unknown> = {}, operationName?: string) {
  const identity = { claims: {}, expiresAt: undefined };
  return planSubscription(bindings, { document: parse(source), operationName, variables, identity }, options);
}

const SAME = 'subscription { said(room: "a") { room by { name } } }';

describe('cohorts of subscriptions', () => {
  it.each([
    ['spacing', 'subscription{said(room:"a"){room,by{name}}}'],
    ['a name', 'subscription Mine { said(room: "a") { room by { name } } }'],
    [
      'where it starts',
      'subscription { said(room: "a", since: "2026-01-31T09:30:00Z") { room by { name } } }',
    ],
    ['what is included', 'subscription { said(room: "a") { room by { name age @include(if: false) } } }'],
    ['what is not skipped', 'subscription { said(room: "a") { room @skip(if: false) by { name } } }'],
    [
      'the fragment of their root',
      'subscription { ...F } fragment F on Subscription { said(room: "a") { room by { name } } }',
    ],
    [
      'the inline fragments of their root',
      'subscription { ... on Subscription { ... { said(room: "a") { room by { name } } } } }',
    ],
    [
      'the fields that are merged at their root',
      'subscription { said(room: "a") { room } ...F said(room: "a") { room by { name } } } fragment F on Subscription { said(room: "a") { by { name name } } }',
    ],
    [
      'the fragments of their selection',
      'subscription { said(room: "a") { ... on Said { room } ... { by { name } } } }',
    ],
    ['other operations', `${SAME.replace('{', 'One {')} subscription Two { said { room } }`, 'One'],
  ])('C1 documents that differ only in %s belong to one cohort', (_what, source, operationName?: string) => {
    expect(plan(source, {}, operationName).cohort).toBe(plan(SAME).cohort);
  });

  it('C1 documents that differ only in their use of fragments belong to one cohort', () => {
    const spread =
      'subscription { said { room ...Who } } fragment Who on Said { by { ...Name } } fragment Name on Person { name }';
    const inline = 'subscription { said { room ... on Said { by { ... on Person { name } } } } }';
    expect(plan(spread).cohort).toBe(plan(inline).cohort);
  });

  it('C1 variables of @skip and @include split cohorts by what they leave in, not by their values', () => {
    const source =
      'subscription($all: Boolean!, $room: ID) { said(room: $room) { room text @include(if: $all) } }';
    const few = plan(source, { all: false, room: 'a' });
    expect(few.cohort).toBe(plan(source, { all: false, room: 'a' }).cohort);
    expect(few.cohort).not.toBe(plan(source, { all: true, room: 'a' }).cohort);
    expect(few.cohort).not.toBe(plan(source, { all: false, room: 'b' }).cohort);
    const bare = 'subscription($room: ID) { said(room: $room) { room } }';
    expect(few.cohort).toBe(plan(bare, { room: 'a' }).cohort);
  });

  it('C1 documents with other fields, arguments or order belong to other cohorts', () => {
    const others = ['said(room: "b") { room by { name } }', 'said(room: "a") { by { name } room }'];
    for (const other of others) expect(plan(`subscription { ${other} }`).cohort).not.toBe(plan(SAME).cohort);
  });

  it('S4 a message about wrong variables stays short, however many values are wrong', () => {
    const wrong = Array.from({ length: 50_000 }, () => ({}));
    const refused = () => plan('subscription($tags: [ID!]) { said(room: "a") { room } }', { tags: wrong });
    expect(refused).toThrow(/error limit reached/);
  });

  it('S4 a subscription with too many characters in its document, variables or arguments is refused', () => {
    const long = 'x'.repeat(2_000);
    const refused = { code: 'LIMIT_EXCEEDED' };
    expect(() => plan(`subscription { said(room: "${long}") { room } }`)).toThrow(
      expect.objectContaining(refused),
    );
    expect(() => plan('subscription($r: ID) { said(room: $r) { room } }', { r: long })).toThrow(
      expect.objectContaining(refused),
    );
  });
});

describe('a normalised selection', () => {
  const typed = bound(`
    interface Named { name: String }
    interface Placed { place: Place }
    type Query { ok: Boolean }
    type Subscription { said: Thing @subscribe(topic: "said") }
    interface Thing { at: Place }
    type A implements Thing & Named & Placed { at: Place, name: String, place: Place, only: Int }
    type B implements Thing & Named & Placed { at: Place, name: String, place: Place }
    type C implements Thing { at: Place, name: Int }
    type Place { x: Int, y: Int, z: Int }`);
  const place = { x: 1, y: 2, z: 3 };
  const events = [
    { __typename: 'A', at: place, name: 'a', place, only: 7 },
    { __typename: 'B', at: place, name: 'b', place },
    { __typename: 'C', at: place, name: 3 },
  ];
  const selections = fc.letrec<{ set: string; item: string }>((tie) => ({
    set: fc.array(tie('item'), { minLength: 1, maxLength: 4 }).map((items) => items.join(' ')),
    item: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(
        '__typename',
        'at { x }',
        'at { y z }',
        '... on A { at { z } only }',
        '... on C { c: name }',
        '... on Named { name @include(if: $yes) }',
        '... on Named { name @skip(if: true) __typename }',
        '... on Placed { place { x } }',
        '... on A { place { z y } }',
        '... on B { place { y x @skip(if: $yes) z } }',
        '...F',
      ),
      tie('set').map((set) => `... { ${set} }`),
      tie('set').map((set) => `... on Thing { ${set} }`),
      tie('set').map((set) => `... on Thing @include(if: $yes) { ${set} }`),
    ),
  }));

  it('has the results of the document that was sent, byte for byte, and is its own normal form', () => {
    const normaliser = new DocumentNormaliser(typed.schema);
    fc.assert(
      fc.property(selections.set, fc.boolean(), (set, yes) => {
        const document = parse(`subscription ($yes: Boolean!) { said { __typename ${set} } }
          fragment F on Thing { ... on Placed { place { z x } } ... on B { name @include(if: $yes) } }`);
        const operation = getOperationAST(document);
        if (!operation) throw new Error('no operation');
        const normalised = normaliser.normalise(document, operation, { yes });
        for (const said of events) {
          const [sent, normal] = [document, normalised.document].map((one) =>
            JSON.stringify(
              execute({ schema: typed.schema, document: one, rootValue: { said }, variableValues: { yes } }),
            ),
          );
          expect(normal).toBe(sent);
        }
        const again = getOperationAST(normalised.document);
        expect(again && normaliser.normalise(normalised.document, again, { yes }).text).toBe(normalised.text);
      }),
    );
  });
});

describe('S1 resolvers and cohorts', () => {
  const resolved = bound(
    `
    interface Speech { whose: String }
    type Query { ok: Boolean }
    type Subscription { said: Speech @subscribe(topic: "said") }
    type Said implements Speech { whose: String }`,
    { Said: { whose: ({ claims }: ResolverCall) => claims['sub'] } },
  );
  const normaliser = new DocumentNormaliser(resolved.schema);
  const planOf = (source: string, sub: string) =>
    planSubscription(
      resolved,
      {
        document: parse(source),
        operationName: undefined,
        variables: {},
        identity: { claims: { sub }, expiresAt: undefined },
      },
      { normaliser, maxCharacters: 2_000 },
    );

  it.each(['said { ... on Said { whose } }', 'said { whose }', 'said { ... on Speech { whose } }'])(
    'S1 two callers of a field with a resolver get cohorts of their own: %s',
    (field) => {
      const source = `subscription { ${field} }`;
      expect(planOf(source, 'ada').cohort).not.toBe(planOf(source, 'bob').cohort);
    },
  );
});
