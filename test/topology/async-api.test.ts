import { Parser } from '@asyncapi/parser';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/binding/bindings.js';
import { asyncApiOf } from '../../src/topology/async-api.js';
import { topologyOf } from '../../src/topology/topology.js';
import { bound } from '../binding/schema.js';

const SCHEMA = `
  extend schema @topic(name: "audit") @topic(name: "bank", envelope: JSON, key: INT64)
  type Query { hello: String }
  type Mutation {
    "Places an order."
    place(id: ID!): Published! @publish(topic: "orders", type: "Placed", key: "args.id", data: "{'id': args.id, 'lines': []}")
  }
  type Subscription {
    placed: Placed! @subscribe(topic: "orders")
    paid: Paid! @subscribe(topic: "bank")
  }
  "An order was placed."
  type Placed { id: ID! lines: [Line!]! state: State at: DateTime }
  type Line { sku: ID! parent: Line price: Decimal! }
  enum State { OPEN CLOSED }
  type Paid { id: ID! cents: Long! }
`;

function documentOf(bindings: Bindings) {
  const services = [{ name: 'till', topics: ['orders', 'payments'] }];
  const groups = [{ name: 'billing, old', topics: ['orders'] }];
  const topology = topologyOf({ bindings, services, views: [], groups, deadLetterSuffix: '.dlt' });
  return asyncApiOf({ bindings, resolvers: {}, topology });
}

describe('the AsyncAPI document', () => {
  it("is valid for AsyncAPI's own parser, and says who sends and receives which messages", async () => {
    const document = documentOf(bound(SCHEMA));
    const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(document));
    expect(diagnostics).toEqual([]);
    const operations = (parsed?.operations().all() ?? []).map((operation) => [
      operation.action(),
      operation.id(),
      operation
        .channels()
        .all()
        .map((channel) => channel.address())
        .join(),
      operation
        .messages()
        .all()
        .map((message) => message.name())
        .join(),
    ]);
    expect(operations).toEqual([
      ['send', 'mutation.place.publishes.orders', 'orders', 'Placed'],
      ['receive', 'subscription.paid.reads.bank', 'bank', 'Paid'],
      ['receive', 'group.billing__old.reads.orders', 'orders', 'Placed'],
      ['receive', 'service.till.reads.orders', 'orders', 'Placed'],
      ['receive', 'subscription.placed.reads.orders', 'orders', 'Placed'],
      ['receive', 'service.till.reads.payments', 'payments', ''],
    ]);
    const letters = parsed?.channels().get('orders.dlt');
    expect([letters?.address(), letters?.json()['title']]).toEqual(['orders.dlt', 'Dead letters']);
    const placed = parsed?.allMessages().filter((message) => message.name() === 'Placed')[0];
    expect(placed?.description()).toBe('An order was placed.');
    expect(placed?.headers()?.json()).toMatchObject({ required: expect.arrayContaining(['ce_id']) });
    expect(placed?.payload()?.json()).toMatchObject({
      required: ['id', 'lines'],
      properties: {
        lines: { items: { required: ['sku', 'price'] } },
        state: { oneOf: [{ type: 'null' }, { enum: ['OPEN', 'CLOSED'] }] },
      },
    });
  });

  it('says how records carry events', () => {
    expect(documentOf(bound(SCHEMA))).toMatchObject({
      channels: {
        bank: { 'x-millrace': { envelope: 'JSON', value: 'JSON', key: 'INT64' } },
        audit: { 'x-millrace': { envelope: 'CLOUDEVENTS', value: 'JSON', key: 'STRING' } },
      },
    });
  });
});
