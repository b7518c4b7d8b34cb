import type { OutgoingEvent } from 'millrace';
import { describe, expect, it } from 'vitest';
import { carts, orders, products, stock } from '../../src/shop/topics.js';
import {
  cartView,
  customerOrdersView,
  orderBoardView,
  orderView,
  pricesView,
  stockView,
} from '../../src/shop/views.js';
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

describe('the history of an order', () => {
  const reserved = orders.event('StockReserved', 'o', { ...of('o'), sku: 'rye', quantity: 2 });
  const steps = (...events: readonly OutgoingEvent[]) => folded(orderView, ...events)?.steps;

  it('has each of its steps once, in order, with time, product and reason', () => {
    expect(steps(placed('o'), reserved, rejected('o'))).toEqual([
      { id: '1', type: 'OrderPlaced', time: TIME, sku: null, reason: null },
      { id: '2', type: 'StockReserved', time: TIME, sku: 'rye', reason: null },
      { id: '3', type: 'OrderRejected', time: TIME, sku: null, reason: 'none left' },
    ]);
  });

  it('has nothing that happened to another order under its id, and nothing that services tell each other', () => {
    const taken = orders.event('OrderIdTaken', 'o', { ...of('o'), eventId: '2', reason: 'taken' });
    const refused = orders.event('CollectRefused', 'o', { orderId: 'o', customerId: '', reason: 'no' });
    expect(steps(placed('o'), placed('o', 'eve'), taken, refused)?.map(({ id }) => id)).toEqual(['1']);
  });

  it('C4 keeps the last 300 steps, also of an order whose state was written before there were steps', () => {
    const request = orders.event('CancelRequested', 'o', { ...of('o'), reason: 'again' });
    const many = steps(placed('o'), ...Array.from({ length: 400 }, () => request));
    expect([many?.length, many?.at(-1)?.id]).toEqual([300, '401']);
    const { steps: _, ...before } = folded(orderView, placed('o')) ?? {};
    // It was written without `steps`.
    const old = before as typeof orderView.initial;
    expect(orderView.fold(old, eventOf(shipped('o'), '2'))?.steps?.map(({ id }) => id)).toEqual(['2']);
  });
});

describe('the board of all orders', () => {
  const board = (...events: readonly OutgoingEvent[]) =>
    folded(orderBoardView, ...events).orders.map(({ orderId, status }) => `${orderId} ${status}`);

  it('has the orders of all customers, newest first, each in its current state', () => {
    expect(board(placed('a'), placed('b', 'eve'), shipped('a'))).toEqual(['b PLACED', 'a SHIPPED']);
  });

  it('C4 keeps 200 orders in progress, and the newest 20 that have ended', () => {
    const open = Array.from({ length: 210 }, (_, i) => placed(`open-${i}`));
    const ended = Array.from({ length: 30 }, (_, i) => [placed(`end-${i}`), shipped(`end-${i}`)]).flat();
    const all = board(...ended, ...open);
    expect(all.filter((one) => one.endsWith('PLACED'))).toHaveLength(200);
    const last = all.filter((one) => one.endsWith('SHIPPED'));
    expect([last.length, last[0], last.at(-1)]).toEqual([20, 'end-29 SHIPPED', 'end-10 SHIPPED']);
  });

  it('is not written for events that change no status', () => {
    const reserved = orders.event('StockReserved', 'o', { ...of('o'), sku: 'rye', quantity: 2 });
    expect(orderBoardView.by?.(eventOf(reserved))).toBeUndefined();
    expect(orderBoardView.by?.(eventOf(placed('o')))).toBe('all');
  });
});

describe('the view of a customer’s orders', () => {
  it('is keyed by the customer of each event', () => {
    expect(customerOrdersView.by?.(eventOf(placed('o', 'eve')))).toBe('eve');
    const nobody = orders.event('CollectRefused', 'o', { orderId: 'o', customerId: '', reason: 'no' });
    expect(customerOrdersView.by?.(eventOf(nobody))).toBeUndefined();
  });

  it('has the newest order first, each in its current state', () => {
    const { orders: mine } = folded(customerOrdersView, placed('a'), placed('b'), shipped('a'));
    expect(mine.map(({ orderId, status }) => [orderId, status])).toEqual([
      ['b', 'PLACED'],
      ['a', 'SHIPPED'],
    ]);
  });

  it('keeps the last 50 orders', () => {
    const many = Array.from({ length: 60 }, (_, i) => placed(`o-${i}`));
    const { customerId, orders: mine } = folded(customerOrdersView, ...many);
    expect(customerId).toBe('ada');
    expect([mine.length, mine[0]?.orderId, mine.at(-1)?.orderId]).toEqual([50, 'o-59', 'o-10']);
  });

  it('removes an order that was placed under an id that was taken', () => {
    const taken = (eventId: string) =>
      orders.event('OrderIdTaken', 'o', { ...of('o'), eventId, reason: 'taken' });
    expect(folded(customerOrdersView, placed('o'), taken('1')).orders).toEqual([]);
    // The customer's own first order stays.
    expect(folded(customerOrdersView, placed('o'), placed('o'), taken('2')).orders).toHaveLength(1);
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
