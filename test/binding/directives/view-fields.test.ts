import { describe, expect, it } from 'vitest';
import { bindSchema, formatDiagnostic } from '../../../src/binding/binding.js';

const VIEWS = [{ name: 'balance', topics: ['money'] }];
const REST = `
  union Shown = Balance | Deposited
  type Balance { id: ID! amount: Int! }
  type Deposited { id: ID! amount: Int! }`;

/** The diagnostics of a schema with these fields, without their locations. */
function diagnosticsOf(fields: {
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
  it('@view is accepted on fields of Query and, with @subscribe, of Subscription', () => {
    const query = balance(
      'Balance @view(name: "balance", key: "args.id") @auth(rule: "event.id == claims.sub")',
    );
    expect(diagnosticsOf({ query, subscription: follow(', type: "Balance"') })).toEqual([]);
  });

  it.each([
    [
      'an unknown view',
      balance('Balance @view(name: "none", key: "args.id")'),
      /Unknown view "none"\. Views of the project: balance\./,
    ],
    [
      'an unknown argument in its key',
      balance('Balance @view(name: "balance", key: "args.name")'),
      /args has no field name\. Its fields: id, minCursor\./,
    ],
    [
      'a type that the field cannot have',
      balance('Shown @view(name: "balance", key: "args.id", type: "Query")'),
      /"Query" is not a type of Shown\. Types of Shown: Balance, Deposited\./,
    ],
    [
      'no type on a field of a union',
      balance('Shown @view(name: "balance", key: "args.id")'),
      /@view needs the argument type, because Shown is abstract\. Types of Shown: Balance, Deposited\./,
    ],
    [
      'a rule that reads an unknown field of the state',
      balance('Balance @view(name: "balance", key: "args.id") @auth(rule: "event.owner == claims.sub")'),
      /event has no field owner\. Its fields: amount, id\./,
    ],
    [
      'a declared argument minCursor',
      'b(id: ID!, minCursor: ID): Balance @view(name: "balance", key: "args.id")',
      /The argument name minCursor is reserved\. .* Use another name\./,
    ],
  ])('@view on a field of Query is rejected with %s', (_what, query, message) => {
    expect(diagnosticsOf({ query })).toEqual([expect.stringMatching(message)]);
  });

  it('@view on a field of Subscription rejects a view of another topic', () => {
    const subscription =
      's: Shown! @subscribe(topic: "other") @view(name: "balance", key: "claims.sub", type: "Balance")';
    expect(diagnosticsOf({ subscription })).toEqual([
      'The view balance does not fold the topic other. Use a view that does: its state is the snapshot before the events of that topic.',
    ]);
  });

  it('@view is rejected on a field of Mutation', () => {
    const mutation =
      'm(id: ID!): Published! @publish(topic: "money", type: "Deposited", key: "args.id", data: "{\'id\': args.id, \'amount\': 1}") @view(name: "balance", key: "args.id")';
    expect(diagnosticsOf({ mutation })).toEqual([
      '@view is not allowed on Mutation.m. Use it on fields of Query and Subscription only.',
    ]);
  });
});
