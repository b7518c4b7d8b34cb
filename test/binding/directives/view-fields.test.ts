import { describe, expect, it } from 'vitest';
import { bindSchema, formatDiagnostic } from '../../../src/binding/binding.js';

const VIEWS = [{ name: 'balance', topics: ['money'] }];
const REST = `
  union Shown = Balance | Deposited
  type Balance { id: ID! amount: Int! }
  type Deposited { id: ID! amount: Int! }`;

/** The diagnostics of a schema with these fields, without where they are. */
function diagnostics(fields: {
  query?: string;
  subscription?: string;
  mutation?: string;
}): readonly string[] {
  const body = `type Query { ok: Boolean ${fields.query ?? ''} }
    ${fields.subscription === undefined ? '' : `type Subscription { ${fields.subscription} }`}
    ${fields.mutation === undefined ? '' : `type Mutation { ${fields.mutation} }`}${REST}`;
  const result = bindSchema({ sources: [{ name: 'schema/a.graphql', body }], views: VIEWS });
  if (result.ok) return [];
  for (const diagnostic of result.diagnostics) expect(diagnostic.file).toBe('schema/a.graphql');
  return result.diagnostics.map((one) => formatDiagnostic(one).replace(/^\S+ +/, ''));
}

const balance = (more: string) => `balance(id: ID!): ${more}`;
const follow = (more: string) =>
  `s(id: ID!): Shown! @subscribe(topic: "money", key: "args.id") @view(name: "balance", key: "args.id"${more})`;

describe('@view', () => {
  it('is good on fields of Query and, beside @subscribe, of Subscription', () => {
    const query = balance(
      'Balance @view(name: "balance", key: "args.id") @auth(rule: "event.id == claims.sub")',
    );
    expect(diagnostics({ query, subscription: follow(', type: "Balance"') })).toEqual([]);
  });

  it.each([
    [
      'of a view that there is not',
      balance('Balance @view(name: "none", key: "args.id")'),
      /found view "none"; expected balance/,
    ],
    [
      'with an unknown argument',
      balance('Balance @view(name: "balance", key: "args.name")'),
      /found args\.name; expected args has id/,
    ],
    [
      'with a type that the field cannot be',
      balance('Shown @view(name: "balance", key: "args.id", type: "Query")'),
      /found type "Query"; expected a type that Shown can be: Balance, Deposited/,
    ],
    [
      'of several types, none of them named',
      balance('Shown @view(name: "balance", key: "args.id")'),
      /found a @view without type; expected type: one of Balance, Deposited/,
    ],
    [
      'with a rule on what the state has not',
      balance('Balance @view(name: "balance", key: "args.id") @auth(rule: "event.owner == claims.sub")'),
      /found event\.owner; expected event has amount, id/,
    ],
    [
      'with an argument that the gateway gives',
      'b(id: ID!, minCursor: ID): Balance @view(name: "balance", key: "args.id")',
      /found an argument named minCursor; expected another name/,
    ],
  ])('on a field of Query is rejected: %s', (_what, query, said) => {
    expect(diagnostics({ query })).toEqual([expect.stringMatching(said)]);
  });

  it('on a field of Subscription rejects a view of another topic', () => {
    const subscription =
      's: Shown! @subscribe(topic: "other") @view(name: "balance", key: "claims.sub", type: "Balance")';
    expect(diagnostics({ subscription })).toEqual([
      'found view "balance"; expected a view that is folded from other',
    ]);
  });

  it('is rejected on a field of Mutation', () => {
    const mutation =
      'm(id: ID!): Published! @publish(topic: "money", type: "Deposited", key: "args.id", data: "{\'id\': args.id, \'amount\': 1}") @view(name: "balance", key: "args.id")';
    expect(diagnostics({ mutation })).toEqual([
      'found @view on Mutation.m; expected @view on fields of Query and Subscription only',
    ]);
  });
});
