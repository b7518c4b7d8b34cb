import { readFileSync } from 'node:fs';
import { graphql, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bindSchema, directivesSource, formatDiagnostic } from '../../src/binding/binding.js';
import type { Claims } from '../../src/core/identity.js';
import { topic } from '../../src/core/ids.js';
import { EXAMPLES } from '../../src/shop/examples.js';
import { resolvers } from '../../src/shop/resolvers.js';
import { shop as shopProject } from '../../src/shop/shop.js';
import { fakeContext } from '../support/fake-context.js';
import { bound } from './schema.js';

const shop = readFileSync(new URL('../../schema/shop.graphql', import.meta.url), 'utf8');

const { views } = shopProject();

const CANCEL = 'mutation { cancelOrder(input: { orderId: "o-1", reason: "late" }) { __typename } }';

describe('the schema of the shop', () => {
  it('the schema of the shop binds without diagnostics, with or without a copy of the directives', () => {
    const name = 'schema/shop.graphql';
    for (const more of [[], [{ ...directivesSource(), name: '/elsewhere/schema/directives.graphql' }]]) {
      const result = bindSchema({ sources: [{ name, body: shop }, ...more], resolvers, views });
      expect(result.ok ? [] : result.diagnostics.map(formatDiagnostic)).toEqual([]);
    }
  });

  it('bindings have the topic, event types and claims of a field of the shop', () => {
    const { topics, subscribes } = bound(shop, resolvers, views);
    expect(topics.get(topic('shop.orders'))).toMatchObject({ format: { kind: 'CLOUDEVENTS' } });
    const orderEvents = subscribes.get('orderEvents');
    expect([...(orderEvents?.types ?? [])]).toEqual(
      expect.arrayContaining([
        'OrderPlaced',
        'StockReserved',
        'PaymentCharged',
        'OrderConfirmed',
        'OrderShipped',
      ]),
    );
    expect(orderEvents?.claims).toEqual(new Set(['sub', 'roles']));
    expect(orderEvents?.key?.({ args: { orderId: 'o-1' }, claims: {} })).toBe('o-1');
    expect(orderEvents?.rule?.readsEvent).toBe(true);
    const event = { orderId: 'o-1', customerId: 'ada' };
    const allows = (claims: Claims) => orderEvents?.rule?.allows({ args: { orderId: 'o-1' }, claims, event });
    expect(allows({ sub: 'ada' })).toBe(true);
    expect(allows({ sub: 'bob' })).toBe(false);
    expect(allows({ sub: 'bob', roles: ['staff'] })).toBe(true);
    expect(allows({ roles: ['staff'] })).toBe(true);
    expect(allows({})).toBe(false);
  });

  it.each(EXAMPLES.map((example) => [example.title, example.query]))(
    'GraphiQL’s example %j is valid',
    (_title, query) => {
      expect(validate(bound(shop, resolvers, views).schema, parse(query))).toEqual([]);
    },
  );

  it('@subscribe adds the arguments after and since, and @view adds snapshot', () => {
    const field = bound(shop, resolvers, views).schema.getSubscriptionType()?.getFields()['orderEvents'];
    expect(field?.args.map((arg) => `${arg.name}: ${arg.type}`)).toEqual([
      'orderId: ID!',
      'after: Cursor',
      'since: DateTime',
      'snapshot: Boolean',
    ]);
  });

  it('cancelOrder publishes CancelRequested and resolves to the outcome of the order service', async () => {
    const { context, drafts } = fakeContext({ sub: 'ada' });
    const { schema } = bound(shop, resolvers, views);
    const result = await graphql({ schema, source: CANCEL, contextValue: context });
    expect(result).toEqual({ data: { cancelOrder: { __typename: 'CancelAccepted' } } });
    expect(drafts).toEqual([
      {
        topic: 'shop.orders',
        type: 'CancelRequested',
        key: 'o-1',
        data: { orderId: 'o-1', customerId: 'ada', reason: 'late' },
      },
    ]);
  });

  it('S1 cancelOrder publishes nothing for an anonymous caller, or when the rule is false', async () => {
    for (const [claims, code] of [
      [{}, 'UNAUTHENTICATED'],
      [{ roles: [] }, 'FORBIDDEN'],
    ] as const) {
      const { context, drafts } = fakeContext(claims);
      const result = await graphql({
        schema: bound(shop, resolvers, views).schema,
        source: CANCEL,
        contextValue: context,
      });
      expect(result.errors?.[0]?.extensions['code']).toBe(code);
      expect(drafts).toEqual([]);
    }
  });

  it('cancelOrder publishes nothing when the data does not match the event type', async () => {
    const { context, drafts } = fakeContext({ sub: { not: 'a string' } });
    const result = await graphql({
      schema: bound(shop, resolvers, views).schema,
      source: CANCEL,
      contextValue: context,
    });
    expect(result.errors?.[0]?.extensions['code']).toBe('EVENT_INVALID');
    expect(result.errors?.[0]?.message).toContain('customerId is not ID');
    expect(drafts).toEqual([]);
  });
});
