import { describe, expect, it } from 'vitest';
import type { FollowOrderSubscription } from '../../src/storefront/operations';
import {
  endOf,
  headlineOf,
  isCancellable,
  orderAfter,
  stepText,
  type TrackedOrder,
  upcoming,
} from '../../src/storefront/order-progress';

type Result = FollowOrderSubscription['orderEvents'];

const unitPrice = { amount: 349, currency: 'EUR' };
const lines = [
  { sku: 'rye', quantity: 2, unitPrice },
  { sku: 'oats', quantity: 1, unitPrice },
];
const PLACED: Result = {
  __typename: 'OrderPlaced',
  orderId: 'o',
  customerId: 'ada',
  placedDelivery: null,
  lines,
};
const reserved = (sku: string): Result => ({ __typename: 'StockReserved', sku });
const PICKUP: Result = { ...PLACED, placedDelivery: 'PICKUP' };

/** The order after results, numbered from 1; each is an event unless it is a snapshot. */
function after(results: readonly Result[], before?: TrackedOrder): TrackedOrder {
  const order = results.reduce<TrackedOrder | undefined>((so, orderEvents, i) => {
    const time = `2026-01-31T09:30:0${i}Z`;
    const event = { id: `${i + 1}`, time, topic: 'shop.orders', partition: 0, offset: `${i}` };
    const isSnapshot = orderEvents.__typename === 'Order';
    return orderAfter(so, { data: { orderEvents }, event: isSnapshot ? undefined : event });
  }, before);
  if (order === undefined) throw new Error('There is no order.');
  return order;
}

const nameOf = (sku: string): string => sku.toUpperCase();
const texts = (order: TrackedOrder): readonly string[] =>
  order.steps.map((step) => stepText(step, order, nameOf));

describe('an order, folded from the events that arrive', () => {
  it('D3 has each event as a step, once and in order, with its time', () => {
    const order = after([PLACED, reserved('oats'), reserved('rye'), { __typename: 'PaymentCharged' }]);
    expect(order.steps.map(({ id, type, time }) => [id, type, time])).toEqual([
      ['1', 'OrderPlaced', '2026-01-31T09:30:00Z'],
      ['2', 'StockReserved', '2026-01-31T09:30:01Z'],
      ['3', 'StockReserved', '2026-01-31T09:30:02Z'],
      ['4', 'PaymentCharged', '2026-01-31T09:30:03Z'],
    ]);
    expect(texts(order)).toEqual(['Order placed', 'OATS reserved', 'RYE reserved', 'Payment taken']);
    expect(order).toMatchObject({ delivery: 'PARCEL', total: { amount: 3 * 349, currency: 'EUR' } });
  });

  it('D4 begins with the history of its snapshot, and goes on with the events after it', () => {
    const step = { id: 's', type: 'OrderPlaced', time: '2026-01-31T09:00:00Z', sku: null, reason: null };
    const snapshot: Result = {
      ...{ __typename: 'Order', orderId: 'o', customerId: 'ada', status: 'PLACED', delivery: 'PARCEL' },
      ...{ placedAt: step.time, trackingId: null, reason: null, lines, total: unitPrice, steps: [step] },
    };
    const order = after([snapshot, reserved('rye')]);
    expect(order.steps.map(({ id }) => id)).toEqual(['s', '2']);
    // A snapshot that comes again, after a gap, takes the place of everything.
    expect(after([snapshot], order).steps.map(({ id }) => id)).toEqual(['s']);
  });

  it('ignores a second order that somebody placed under its id, and events before there is an order', () => {
    expect(after([PLACED, { ...PLACED, customerId: 'eve' }])).toMatchObject({ customerId: 'ada' });
    const event = { id: '1', time: '', topic: 't', partition: 0, offset: '0' };
    expect(orderAfter(undefined, { data: { orderEvents: reserved('rye') }, event })).toBeUndefined();
    expect(orderAfter(undefined, { data: null, event })).toBeUndefined();
  });
});

describe('what is still to come', () => {
  it('shrinks with each step until the parcel has left', () => {
    const steps: readonly Result[] = [
      PLACED,
      reserved('rye'),
      reserved('oats'),
      { __typename: 'PaymentCharged' },
      { __typename: 'OrderConfirmed' },
      { __typename: 'OrderShipped', shippedTrackingId: 'MR-1' },
    ];
    const all = steps.map((_, i) => upcoming(after(steps.slice(0, i + 1))));
    expect(all[0]).toEqual([
      '2 products are reserved',
      'Your payment is taken',
      'The order is confirmed',
      'The parcel leaves the mill',
    ]);
    expect(all.map(({ length }) => length)).toEqual([4, 4, 3, 2, 1, 0]);
    expect(after(steps).trackingId).toBe('MR-1');
  });

  it('ends in the shop for an order to be picked up', () => {
    const ready = after([PICKUP, { __typename: 'PaymentCharged' }, { __typename: 'OrderConfirmed' }]);
    expect(upcoming(ready)).toEqual(['It is ready for pick-up', 'You collect it in the shop']);
    const collected = after([{ __typename: 'OrderShipped', shippedTrackingId: 'MR-1' }], ready);
    expect([texts(collected).at(-1), headlineOf(collected).text]).toEqual([
      'Handed out to you',
      'Collected.',
    ]);
  });

  it('is the refund, if the customer has paid, and the end of an order that fails', () => {
    const cancelled = [PICKUP, { __typename: 'PaymentCharged' }, { __typename: 'CancelAccepted' }] as const;
    expect(upcoming(after(cancelled))).toEqual(['Your payment is refunded', 'The order ends']);
    expect(upcoming(after([PLACED, { __typename: 'StockRefused', sku: 'rye' }]))).toEqual(['The order ends']);
  });
});

describe('the headline of an order', () => {
  it('says why an order was rejected, as a sentence', () => {
    const order = after([PLACED, { __typename: 'OrderRejected', refusal: 'the card was declined' }]);
    expect(headlineOf(order)).toEqual({
      text: 'The order could not be completed. The card was declined.',
      tone: 'bad',
    });
    expect(endOf(order)).toBe('OrderRejected');
  });

  it('follows a cancellation from its request to its end, and a refusal of it', () => {
    const asked = after([PLACED, { __typename: 'CancelRequested' }]);
    expect([headlineOf(asked).text, isCancellable(asked)]).toEqual(['The order is being cancelled.', false]);
    const refused = after([{ __typename: 'CancelRefused', refusal: 'no' }], asked);
    expect([headlineOf(refused).text, isCancellable(refused)]).toEqual([
      'We are preparing your order.',
      true,
    ]);
    const ended = after([{ __typename: 'OrderCancelled', cancelReason: null }], asked);
    expect([headlineOf(ended).tone, isCancellable(ended)]).toEqual(['bad', false]);
  });
});
