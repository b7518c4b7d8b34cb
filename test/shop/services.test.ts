import type { OutgoingEvent } from 'millrace';
import { describe, expect, it } from 'vitest';
import { type CartState, cartMachine } from '../../src/shop/cart.js';
import { catalogueMachine, type PriceState } from '../../src/shop/catalogue.js';
import { inventoryMachine, type StockState } from '../../src/shop/inventory.js';
import { notificationService } from '../../src/shop/notification.js';
import { callFor, type PaymentState, settle } from '../../src/shop/payment.js';
import { type ShipmentState, shippingMachine } from '../../src/shop/shipping.js';
import { carts, orders, payments, products, shipments, stock } from '../../src/shop/topics.js';
import { brief, eventOf, runMachine, TIME } from './machine-tools.js';

const euros = (amount: number) => ({ amount, currency: 'EUR' });
const LINE = { sku: 'rye', quantity: 1, unitPrice: euros(349) };
const of = (orderId: string) => ({ orderId, customerId: 'ada' });

describe('events of other producers', () => {
  it.each([
    ['an invalid id', orders.event('CancelRequested', 'o', { ...of('o\ud800'), reason: null })],
    ['an id of a megabyte', carts.event('CheckOutRequested', 'ada', of('o'.repeat(1_000_000)))],
    ['a reason of a megabyte', orders.event('CancelRequested', 'o', { ...of('o'), reason: 'x'.repeat(1e6) })],
    ['ten thousand lines', orders.event('OrderPlaced', 'o', { ...of('o'), lines: Array(10_000).fill(LINE) })],
  ])('ignores an event with %s', (_what, event) => {
    const shopTopic = event.topic === carts.topic ? carts : orders;
    expect(shopTopic.read(eventOf(event))).toBe(undefined);
  });
});

describe('inventory', () => {
  const open = (rememberedOrders = 10) =>
    runMachine<StockState>(inventoryMachine({ opening: () => 10, rememberedOrders }), null);
  const reserve = (orderId: string, quantity: number) =>
    stock.event('ReserveStock', 'rye', { ...of(orderId), sku: 'rye', quantity });
  const release = (orderId: string) => stock.event('ReleaseStock', 'rye', { orderId, sku: 'rye' });
  const take = (orderId: string) => stock.event('TakeStock', 'rye', { orderId, sku: 'rye' });
  const level = (onHand: number, reserved: number) => ({
    type: 'StockLevel',
    key: 'rye',
    data: { sku: 'rye', onHand, reserved, available: onHand - reserved },
  });

  it('reserves no more than it has', () => {
    const rye = open();
    expect(rye.send(reserve('a', 6))).toMatchObject([
      { topic: 'shop.orders', type: 'StockReserved', key: 'a', data: { sku: 'rye', quantity: 6 } },
      level(10, 6),
    ]);
    expect(rye.send(reserve('b', 5))).toMatchObject([
      { type: 'StockRefused', key: 'b', data: { wanted: 5, available: 4 } },
    ]);
    expect(brief(rye.send(reserve('c', 4)))).toContain('StockReserved c');
  });

  it('regains stock that is released, but not stock that is taken', () => {
    const rye = open();
    rye.send(reserve('a', 6));
    expect(rye.send(release('a'))).toMatchObject([level(10, 0)]);
    rye.send(reserve('b', 7));
    expect(rye.send(take('b'))).toMatchObject([level(3, 0)]);
  });

  it('D1: ignores repeated commands', () => {
    const rye = open();
    rye.send(reserve('a', 6));
    expect(rye.send(reserve('a', 6))).toEqual([]);
    rye.send(take('a'));
    for (const again of [take('a'), release('a'), reserve('a', 6)]) expect(rye.send(again)).toEqual([]);
    rye.send(reserve('b', 9));
    expect(rye.send(reserve('b', 9))).toEqual([]);
  });

  it('remembers a limited number of finished orders', () => {
    const rye = open(1);
    for (const order of ['a', 'b']) {
      rye.send(reserve(order, 1));
      rye.send(release(order));
    }
    expect(rye.state?.done).toEqual(['b']);
  });

  it('adds stock, up to the largest GraphQL Int', () => {
    const add = (quantity: number) => stock.event('AddStock', 'rye', { sku: 'rye', quantity });
    const rye = open();
    expect(rye.send(add(5))).toMatchObject([level(15, 0)]);
    expect(rye.send(add(2_147_483_640))).toMatchObject([{ type: 'StockNotAdded' }]);
    expect(rye.state?.onHand).toBe(15);
  });
});

describe('shipping', () => {
  const open = () => runMachine<ShipmentState>(shippingMachine, { at: 'NONE' });
  const request = (more: { delivery?: 'PARCEL' | 'PICKUP'; items?: number } = {}) =>
    shipments.event('RequestShipment', 'o', { ...of('o'), delivery: 'PARCEL', items: 3, ...more });
  const cancel = shipments.event('CancelShipment', 'o', of('o'));
  const collect = shipments.event('CollectOrder', 'o', { orderId: 'o' });

  it('sends a parcel once, and cannot cancel it afterwards', () => {
    const parcel = open();
    expect(parcel.send(request())).toMatchObject([{ type: 'OrderShipped', data: { shippedAt: TIME } }]);
    expect(parcel.send(request())).toEqual([]);
    expect(brief(parcel.send(cancel))).toEqual(['ShipmentNotCancelled o']);
  });

  it('keeps an order for pickup until it is collected or cancelled', () => {
    const kept = open();
    expect(brief(kept.send(request({ delivery: 'PICKUP' })))).toEqual(['ReadyForPickup o']);
    expect(kept.send(collect)).toMatchObject([{ type: 'OrderShipped', data: { customerId: 'ada' } }]);
    const cancelled = open();
    cancelled.send(request({ delivery: 'PICKUP' }));
    expect(brief(cancelled.send(cancel))).toEqual(['ShipmentCancelled o']);
    expect(brief(cancelled.send(collect))).toEqual(['CollectRefused o']);
    expect(cancelled.send(request())).toEqual([]);
  });

  it('refuses more items than fit into a parcel', () => {
    expect(brief(open().send(request({ items: 201 })))).toEqual(['ShipmentRefused o']);
    expect(brief(open().send(request({ items: 201, delivery: 'PICKUP' })))).toEqual(['ReadyForPickup o']);
  });
});

describe('payment', () => {
  const charge = eventOf(payments.event('ChargePayment', 'o', { ...of('o'), amount: euros(700) }));
  const refund = eventOf(payments.event('RefundPayment', 'o', of('o')));
  const none: PaymentState = { at: 'NONE' };
  const call = callFor(none, charge);
  const ok = { ok: true, id: 'ch' } as const;

  it('charges, and publishes the answer of the provider', () => {
    if (call === undefined) throw new Error('There is no call to the provider.');
    expect(settle(none, call, ok)).toMatchObject({
      state: { at: 'CHARGED', chargeId: 'ch' },
      events: [{ type: 'PaymentCharged', key: 'o', data: { chargeId: 'ch', amount: euros(700) } }],
    });
    expect(settle(none, call, { ok: false, reason: 'no' })).toMatchObject({
      state: { at: 'DECLINED' },
      events: [{ type: 'PaymentDeclined', data: { reason: 'no' } }],
    });
  });

  it('refunds a charge', () => {
    const charged: PaymentState = { at: 'CHARGED', chargeId: 'ch', amount: euros(700) };
    const back = callFor(charged, refund);
    if (back === undefined) throw new Error('There is no call to the provider.');
    expect(settle(charged, back, ok)).toMatchObject({
      state: { at: 'REFUNDED' },
      events: [{ type: 'PaymentRefunded', data: { chargeId: 'ch', amount: euros(700) } }],
    });
  });

  it('D1: does not call the provider for something that was done before', () => {
    const charged: PaymentState = { at: 'CHARGED', chargeId: 'ch', amount: euros(700) };
    for (const state of [charged, { at: 'DECLINED' }, { at: 'REFUNDED' }] as const)
      expect(callFor(state, charge)).toBeUndefined();
    for (const state of [none, { at: 'DECLINED' }, { at: 'REFUNDED' }] as const)
      expect(callFor(state, refund)).toBeUndefined();
  });
});

describe('a cart', () => {
  const open = () => runMachine<CartState>(cartMachine, { lines: [], closedBy: null });
  const set = (sku: string, quantity: number, unitPrice = euros(349)) =>
    carts.event('SetCartLine', 'ada', { customerId: 'ada', line: { sku, quantity, unitPrice } });
  const checkOut = (orderId: string) =>
    carts.event('CheckOutRequested', 'ada', { ...of(orderId), delivery: 'PICKUP' });
  const reopen = (orderId: string, keepLines: boolean) =>
    carts.event('OpenCart', 'ada', { ...of(orderId), keepLines });
  const code = (events: readonly OutgoingEvent[]) => events[0]?.data['code'];

  it('has one line for each SKU, and publishes its total', () => {
    const cart = open();
    cart.send(set('rye', 1));
    expect(cart.send(set('rye', 3))).toMatchObject([
      { type: 'CartChanged', key: 'ada', data: { lines: [{ sku: 'rye', quantity: 3 }], total: euros(1047) } },
    ]);
    expect(cart.send(set('rye', 0))).toMatchObject([{ data: { lines: [], total: euros(0) } }]);
  });

  it('becomes one order, and is closed until that has ended', () => {
    const cart = open();
    expect(code(cart.send(checkOut('a')))).toBe('CART_EMPTY');
    cart.send(set('rye', 2));
    expect(cart.send(checkOut('a'))).toMatchObject([
      { type: 'CartChanged', data: { closedBy: 'a' } },
      { topic: 'shop.orders', type: 'OrderPlaced', key: 'a', data: { fromCart: true, delivery: 'PICKUP' } },
    ]);
    expect(code(cart.send(set('rye', 9)))).toBe('CART_CLOSED');
    expect(cart.send(checkOut('b'))).toMatchObject([
      { topic: 'shop.orders', type: 'CheckOutRefused', key: 'b', data: { code: 'CART_CLOSED' } },
    ]);
    expect(cart.send(reopen('b', false))).toEqual([]);
    expect(cart.send(reopen('a', true))).toMatchObject([
      { data: { lines: [{ quantity: 2 }], closedBy: null } },
    ]);
    cart.send(checkOut('c'));
    expect(cart.send(reopen('c', false))).toMatchObject([{ data: { lines: [] } }]);
  });

  it('refuses a second currency and amounts above the largest GraphQL Int', () => {
    const cart = open();
    cart.send(set('rye', 1));
    expect(code(cart.send(set('voucher', 1, { amount: 100, currency: 'CHF' })))).toBe('CURRENCY_MISMATCH');
    expect(code(cart.send(set('gold', 3, euros(1_000_000_000))))).toBe('AMOUNT_TOO_LARGE');
    expect(cart.state.lines).toHaveLength(1);
  });
});

describe('the catalogue', () => {
  const change = (sku: string, amount: number, currency = 'EUR') =>
    products.event('ChangePrice', sku, { sku, price: { amount, currency } });

  it('changes prices within their currency', () => {
    const oats = runMachine<PriceState>(catalogueMachine, null);
    expect(oats.send(change('oats', 199))).toMatchObject([
      { type: 'PriceChanged', data: { price: euros(199), before: euros(219) } },
    ]);
    expect(oats.send(change('oats', 249))).toMatchObject([{ data: { before: euros(199) } }]);
  });

  it.each([
    ['one of an unknown product', change('gold', 1)],
    ['one in another currency', change('oats', 1, 'CHF')],
    ['a negative price', change('oats', -1)],
    ['a price above the largest GraphQL Int', change('oats', 2 ** 31)],
  ])('refuses to change a price to %s', (_what, wish) => {
    expect(brief(runMachine<PriceState>(catalogueMachine, null).send(wish))).toEqual([
      `PriceNotChanged ${wish.key}`,
    ]);
  });
});

describe('notification', () => {
  it('notifies the customer of results, but not of intermediate steps', async () => {
    const service = notificationService();
    const context = { state: undefined, signal: new AbortController().signal };
    const say = (event: OutgoingEvent) => service.handle(eventOf(event), context);
    const shipped = orders.event('OrderShipped', 'o', { ...of('o'), trackingId: 'MR-1', shippedAt: TIME });
    expect(await say(shipped)).toMatchObject([{ topic: 'shop.notifications', type: 'Notified', key: 'ada' }]);
    expect(await say(orders.event('StockReserved', 'o', { ...of('o'), sku: 'rye', quantity: 1 }))).toEqual(
      [],
    );
  });
});
