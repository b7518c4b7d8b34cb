import type { ServiceEvent } from 'millrace';
import { describe, expect, test } from 'vitest';
import { orderService, totalOf } from '../../src/shop/order.js';

const NOW = new Date('2026-01-31T09:30:00Z');
const context = { state: undefined, signal: new AbortController().signal };

function shop(remember = 100) {
  const service = orderService({ now: () => NOW, remember });
  return (type: string, data: ServiceEvent['data'], id = 'event-1') =>
    service.handle(
      {
        id,
        topic: 'shop.orders',
        source: '/gateway',
        type,
        key: 'order-1',
        time: '2026-01-31T09:29:59Z',
        timestamp: 0,
        correlationId: 'c',
        data,
      },
      context,
    );
}

const order = (lines: unknown, customerId = 'ada', orderId = 'order-1') => ({ orderId, customerId, lines });
const rye = [{ sku: 'flour-rye', quantity: 2 }];
const rejected = (reason: string, customerId = 'ada') => [
  {
    topic: 'shop.orders',
    type: 'OrderRejected',
    key: 'order-1',
    data: { orderId: 'order-1', customerId, reason: expect.stringContaining(reason) },
  },
];

describe('the order service', () => {
  test('confirms an order with the sum of its lines', async () => {
    const lines = [...rye, { sku: 'basket', quantity: 1 }];
    expect(await shop()('OrderPlaced', order(lines))).toEqual([
      {
        topic: 'shop.orders',
        type: 'OrderConfirmed',
        key: 'order-1',
        data: {
          orderId: 'order-1',
          customerId: 'ada',
          total: { amount: 2 * 349 + 1890, currency: 'EUR' },
          confirmedAt: '2026-01-31T09:30:00.000Z',
        },
      },
    ]);
  });

  test.each([
    ['an unknown product', [{ sku: 'gold', quantity: 1 }], 'gold'],
    ['no lines', [], 'no lines'],
    ['a quantity of zero', [{ sku: 'oats', quantity: 0 }], 'quantity'],
    ['a negative quantity', [{ sku: 'oats', quantity: -1 }], 'quantity'],
    ['half a product', [{ sku: 'oats', quantity: 0.5 }], 'quantity'],
    ['too many lines', Array.from({ length: 101 }, () => ({ sku: 'oats', quantity: 1 })), 'lines'],
    [
      'more money than a GraphQL Int can say',
      Array.from({ length: 100 }, () => ({ sku: 'millstone', quantity: 1000 })),
      'too large',
    ],
  ])('rejects %s', async (_what, lines, reason) => {
    expect(await shop()('OrderPlaced', order(lines))).toEqual(rejected(reason));
  });

  test('D1: gives an event that it is given again the same answer', async () => {
    const tell = shop();
    const first = await tell('OrderPlaced', order(rye), 'event-1');
    await tell('OrderCancelled', { orderId: 'order-1', customerId: 'ada' }, 'event-2');
    expect(await tell('OrderPlaced', order(rye), 'event-1')).toEqual(first);
  });

  test('rejects a second order with the same id, whoever places it', async () => {
    const tell = shop();
    await tell('OrderPlaced', order(rye), 'event-1');
    expect(await tell('OrderPlaced', order(rye, 'eve'), 'event-2')).toEqual(rejected('already', 'eve'));
    expect(await tell('OrderPlaced', order(rye), 'event-3')).toEqual(rejected('already'));
  });

  test('rejects an order that its customer cancelled before', async () => {
    const tell = shop();
    expect(await tell('OrderCancelled', { orderId: 'order-1', customerId: 'ada' })).toEqual([]);
    expect(await tell('OrderPlaced', order(rye), 'event-2')).toEqual(rejected('cancelled'));
  });

  test('does not let somebody else cancel', async () => {
    const tell = shop();
    await tell('OrderCancelled', { orderId: 'order-1', customerId: 'eve' });
    expect(await tell('OrderPlaced', order(rye), 'event-2')).toMatchObject([{ type: 'OrderConfirmed' }]);
  });

  test('remembers so many orders and no more', async () => {
    const tell = shop(1);
    await tell('OrderPlaced', order(rye), 'event-1');
    await tell('OrderPlaced', order(rye, 'ada', 'order-2'), 'event-2');
    expect(await tell('OrderPlaced', order(rye), 'event-3')).toMatchObject([{ type: 'OrderConfirmed' }]);
  });

  test.each([
    ['its own answers', 'OrderConfirmed', order(rye)],
    ['a tombstone', 'OrderPlaced', null],
    ['data of another shape', 'OrderPlaced', { orderId: 1, customerId: 'ada', lines: rye }],
    ['lines of another shape', 'OrderPlaced', order([{ sku: 'oats' }])],
    ['a cancellation of another shape', 'OrderCancelled', {}],
  ])('says nothing to %s', async (_what, type, data) => {
    expect(await shop()(type, data)).toEqual([]);
  });

  test('sums in minor units', () => {
    expect(totalOf([{ sku: 'oats', quantity: 3 }])).toEqual({
      ok: true,
      total: { amount: 657, currency: 'EUR' },
    });
  });
});
