import type { OutgoingEvent } from 'millrace';
import { describe, expect, it } from 'vitest';
import { carts, orders, products, stock } from '../../src/shop/topics.js';
import { cartView, myOrdersView, orderView, pricesView, stockView } from '../../src/shop/views.js';
import { eventOf, TIME } from './machine-tools.js';

const unitPrice = { amount: 349, currency: 'EUR' };
const total = { amount: 698, currency: 'EUR' };
const lines = [{ sku: 'rye', quantity: 2, unitPrice }];
const of = (orderId: string, customerId = 'ada') => ({ orderId, customerId });
const placed = (orderId: string, customerId = 'ada') =>
  orders.event('OrderPlaced', orderId, { ...of(orderId, customerId), lines });
const shipped = (orderId: string) =>
  orders.event('OrderShipped', orderId, { ...of(orderId), trackingId: 'MR-1', shippedAt: TIME });
const rejected = (orderId: string) =>
  orders.event('OrderRejected', orderId, { ...of(orderId), code: 'OUT_OF_STOCK', reason: 'none left' });

/** What a view has after these events; each event's id is its number from 1. */
function folded<State>(
  view: { readonly initial: State; fold(state: State, event: ReturnType<typeof eventOf>): State },
  ...events: readonly OutgoingEvent[]
): State {
  return events.reduce((state, event, i) => view.fold(state, eventOf(event, `${i + 1}`)), view.initial);
}

describe('the view of an order', () => {
  it('has the lines and the status of the order', () => {
    const confirmed = orders.event('OrderConfirmed', 'o', {
      ...of('o'),
      lines,
      total,
      delivery: 'PARCEL',
      placedAt: TIME,
      confirmedAt: TIME,
    });
    expect(folded(orderView, placed('o'))).toMatchObject({ status: 'PLACED', lines, total });
    expect(folded(orderView, placed('o'), confirmed)).toMatchObject({ status: 'CONFIRMED', placedAt: TIME });
    expect(folded(orderView, placed('o'), confirmed, shipped('o'))).toMatchObject({
      status: 'SHIPPED',
      trackingId: 'MR-1',
    });
    expect(folded(orderView, placed('o'), rejected('o'))).toMatchObject({
      status: 'REJECTED',
      reason: 'none left',
    });
  });

  it('is the first order that was placed under the id', () => {
    expect(folded(orderView, placed('o'), placed('o', 'eve'))).toMatchObject({ customerId: 'ada' });
  });

  it('is null before the order is placed, and ignores events of other types', () => {
    expect(folded(orderView, shipped('o'))).toBeNull();
    const stray = { ...shipped('o'), type: 'Praised' };
    expect(folded(orderView, placed('o'), stray)).toMatchObject({ status: 'PLACED' });
  });
});

describe('the view of a customer’s orders', () => {
  it('is keyed by the customer of each event', () => {
    expect(myOrdersView.by?.(eventOf(placed('o', 'eve')))).toBe('eve');
    const nobody = orders.event('CollectRefused', 'o', { orderId: 'o', customerId: '', reason: 'no' });
    expect(myOrdersView.by?.(eventOf(nobody))).toBeUndefined();
  });

  it('has the newest order first, each in its current state', () => {
    const mine = folded(myOrdersView, placed('a'), placed('b'), shipped('a'));
    expect(mine.map(({ orderId, status }) => [orderId, status])).toEqual([
      ['b', 'PLACED'],
      ['a', 'SHIPPED'],
    ]);
  });

  it('keeps the last 50 orders', () => {
    const many = Array.from({ length: 60 }, (_, i) => placed(`o-${i}`));
    const mine = folded(myOrdersView, ...many);
    expect([mine.length, mine[0]?.orderId, mine.at(-1)?.orderId]).toEqual([50, 'o-59', 'o-10']);
  });

  it('removes an order that was placed under an id that was taken', () => {
    const taken = (eventId: string) =>
      orders.event('OrderIdTaken', 'o', { ...of('o'), eventId, reason: 'taken' });
    expect(folded(myOrdersView, placed('o'), taken('1'))).toEqual([]);
    // The customer's own first order stays.
    expect(folded(myOrdersView, placed('o'), placed('o'), taken('2'))).toHaveLength(1);
  });
});

it('the views of stock, carts and prices have the last event of each key', () => {
  const level = (available: number) =>
    stock.event('StockLevel', 'rye', { sku: 'rye', onHand: 9, reserved: 9 - available, available });
  const reserve = stock.event('ReserveStock', 'rye', { ...of('o'), sku: 'rye', quantity: 1 });
  expect(folded(stockView, level(9), level(8), reserve)).toMatchObject({ available: 8 });
  const cart = carts.event('CartChanged', 'ada', { customerId: 'ada', lines, total, closedBy: null });
  expect(folded(cartView, cart)).toMatchObject({ lines, total });
  const price = products.event('PriceChanged', 'rye', { sku: 'rye', price: total, before: unitPrice });
  expect(folded(pricesView, price)).toEqual(total);
});
