import { graphql } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { ResolverCall, ResolverMap } from '../../../src/binding/runtime/resolvers.js';
import { isDateTime } from '../../../src/binding/sdl/scalars.js';
import type { Claims } from '../../../src/core/identity.js';
import { fakeContext } from '../../support/fake-context.js';
import { bound } from '../schema.js';

const SCHEMA = `
  type Query { open: String, secret(id: Int!): String @auth(rule: "args.id > 5 && claims.sub == 'ada'") }
  type Mutation {
    whole(input: I!): Published! @publish(topic: "t", type: "E", key: "args.input.id")
    spread(id: ID!, amount: Int! = 3): Published! @publish(topic: "t", type: "E", key: "args.amount")
    computed(id: ID!, amount: Int!): Published!
      @publish(topic: "t", type: "E", key: "claims.sub", data: "{'id': args.id, 'amount': args.amount + 1, 'many': [1, 2]}")
    own(id: ID!, amount: Int!): Int @publish(topic: "t", type: "E", key: "args.id") @auth(rule: "has(claims.sub)")
  }
  type Subscription {
    all: Either @subscribe(topic: "t")
    whole: E @subscribe(topic: "t", filter: "size(claims) > 0")
    some: E @subscribe(topic: "t", filter: "claims.a == claims['b'].c")
  }
  union Either = E | F
  type E { id: ID!, amount: Int!, many: [Int!], double: Int! }
  type F { id: ID! }
  input I { id: ID!, amount: Int! = 4, more: String }`;

const resolvers: ResolverMap = {
  E: {
    double: ({ parent }: ResolverCall) =>
      parent instanceof Object && 'amount' in parent ? Number(parent.amount) * 2 : 0,
  },
  Mutation: { own: () => 42 },
  Query: { open: () => 'all', secret: () => 'some' },
};

/** Executes an operation. Returns its result and the events that it published. */
async function run(source: string, claims: Claims = {}) {
  const { context: contextValue, drafts } = fakeContext(claims);
  const { data, errors } = await graphql({ schema: bound(SCHEMA, resolvers).schema, source, contextValue });
  return { data, codes: errors?.map((error) => error.extensions['code']) ?? [], errors, drafts };
}

describe('a field with @publish', () => {
  it('publishes its only input, with defaults and without fields that the event type does not have', async () => {
    const { drafts, errors } = await run('mutation { whole(input: { id: 7, more: "x" }) { eventId } }');
    expect(errors).toBeUndefined();
    expect(drafts).toEqual([{ topic: 't', type: 'E', key: '7', data: { id: '7', amount: 4 } }]);
  });

  it('publishes its arguments, with defaults, under a key that may be an Int', async () => {
    const { drafts } = await run('mutation { spread(id: "a") { eventId } }');
    expect(drafts).toEqual([{ topic: 't', type: 'E', key: '3', data: { id: 'a', amount: 3 } }]);
  });

  it('publishes the data map, with integers as JSON numbers', async () => {
    const { drafts } = await run('mutation { computed(id: "a", amount: 1) { eventId } }', { sub: 'ada' });
    expect(drafts).toEqual([
      { topic: 't', type: 'E', key: 'ada', data: { id: 'a', amount: 2, many: [1, 2] } },
    ]);
    expect(JSON.stringify(drafts[0]?.data)).toBe('{"id":"a","amount":2,"many":[1,2]}');
  });

  it('publishes nothing when the key or the data cannot be evaluated', async () => {
    const missing = await run('mutation { computed(id: "a", amount: 1) { eventId } }');
    expect([missing.codes, missing.drafts]).toEqual([['BAD_REQUEST'], []]);
    const large = await run('mutation { computed(id: "a", amount: 2147483647) { eventId } }', { sub: 'ada' });
    expect([large.codes, large.drafts]).toEqual([['EVENT_INVALID'], []]);
    expect(large.errors?.[0]?.message).toBe('E: amount is not Int');
  });
});

describe('@auth', () => {
  it('S1 rules apply to resolvers of the project and to queries', async () => {
    const own = 'mutation { own(id: "a", amount: 1) }';
    expect((await run(own)).codes).toEqual(['UNAUTHENTICATED']);
    expect((await run(own, { roles: [] })).codes).toEqual(['FORBIDDEN']);
    expect((await run(own, { sub: 'ada' })).data).toEqual({ own: 42 });
    expect((await run('{ open secret(id: 6) }', { sub: 'bob' })).codes).toEqual(['FORBIDDEN']);
    expect((await run('{ open secret(id: 5) }', { sub: 'ada' })).codes).toEqual(['FORBIDDEN']);
    expect((await run('{ open secret(id: 6) }', { sub: 'ada' })).data).toEqual({
      open: 'all',
      secret: 'some',
    });
  });
});

describe('a field with @subscribe', () => {
  const { subscribes } = bound(SCHEMA, resolvers);

  it('the binding of a subscription has the claims that its expressions read', () => {
    expect(subscribes.get('all')?.claims).toEqual(new Set());
    expect(subscribes.get('some')?.claims).toEqual(new Set(['a', 'b']));
    expect(subscribes.get('whole')?.claims).toBe('all');
  });
});

describe('DateTime', () => {
  it('DateTime accepts exactly the timestamps of RFC 3339 with an offset', () => {
    for (const good of ['2026-01-31T09:30:00Z', '2024-02-29t23:59:60.123+05:30', '2026-01-31T00:00:00-23:59'])
      expect(isDateTime(good), good).toBe(true);
    for (const bad of [
      '2026-02-29T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-01-31',
      '2026-01-31T09:30:00',
      '',
      5,
    ])
      expect(isDateTime(bad), String(bad)).toBe(false);
  });
});
