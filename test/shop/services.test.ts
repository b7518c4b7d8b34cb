import type { OutgoingEvent } from 'millrace';
import { describe, expect, it } from 'vitest';
import { type CartState, cartMachine } from '../../src/shop/cart.js';
import { catalogueMachine, type PriceState } from '../../src/shop/catalogue.js';
import { inventoryMachine, type StockState } from '../../src/shop/inventory.js';
import { carts, orders, payments, products, shipments, stock } from '../../src/shop/messages.js';
import { notificationService } from '../../src/shop/notification.js';
import { callFor, type PaymentState, settle } from '../../src/shop/payment.js';
import { type ShipmentState, shippingMachine } from '../../src/shop/shipping.js';
import { brief, eventOf, TIME, told } from './event.js';

const euros = (amount: number) => ({ amount, currency: 'EUR' });
const LINE = { sku: 'rye', quantity: 1, unitPrice: euros(349) };
const of = (orderId: string) => ({ orderId, customerId: 'ada' });

describe('what anybody may have written', () => {
  it.each([
    ['an id that is no name', orders.say('CancelRequested', 'o', { ...of('o\ud800'), reason: null })],
    ['an id of a megabyte', carts.say('CheckOutRequested', 'ada', of('o'.repeat(1_000_000)))],
    ['a reason of a megabyte', orders.say('CancelRequested', 'o', { ...of('o'), reason: 'x'.repeat(1e6) })],
    [
      'an order of ten thousand lines',
      orders.say('OrderPlaced', 'o', { ...of('o'), lines: Array(10_000).fill(LINE) }),
    ],
  ])('%s is passed over: no service takes it up', (_what, said) => {
    const channel = said.topic === carts.topic ? carts : orders;
    expect(channel.read(eventOf(said))).toBe(undefined);
  });
});

describe('inventory', () => {
  const open = (remember = 10) => told<StockState>(inventoryMachine({ opening: () => 10, remember }), null);
  const reserve = (orderId: string, quantity: number) =>
    stock.say('ReserveStock', 'rye', { ...of(orderId), sku: 'rye', quantity });
  const release = (orderId: string) => stock.say('ReleaseStock', 'rye', { orderId, sku: 'rye' });
  const take = (orderId: string) => stock.say('TakeStock', 'rye', { orderId, sku: 'rye' });
  const level = (onHand: number, reserved: number) => ({
    type: 'StockLevel',
    key: 'rye',
    data: { sku: 'rye', onHand, reserved, available: onHand - reserved },
  });

  it('promises what it has once', () => {
    const rye = open();
    expect(rye.tell(reserve('a', 6))).toMatchObject([
      { topic: 'shop.orders', type: 'StockReserved', key: 'a', data: { sku: 'rye', quantity: 6 } },
      level(10, 6),
    ]);
    expect(rye.tell(reserve('b', 5))).toMatchObject([
      { type: 'StockRefused', key: 'b', data: { wanted: 5, available: 4 } },
    ]);
    expect(brief(rye.tell(reserve('c', 4)))).toContain('StockReserved c');
  });

  it('has again what is released, and not what is taken', () => {
    const rye = open();
    rye.tell(reserve('a', 6));
    expect(rye.tell(release('a'))).toMatchObject([level(10, 0)]);
    rye.tell(reserve('b', 7));
    expect(rye.tell(take('b'))).toMatchObject([level(3, 0)]);
  });

  it('D1: commands that are repeated do nothing', () => {
    const rye = open();
    rye.tell(reserve('a', 6));
    expect(rye.tell(reserve('a', 6))).toEqual([]);
    rye.tell(take('a'));
    for (const again of [take('a'), release('a'), reserve('a', 6)]) expect(rye.tell(again)).toEqual([]);
    rye.tell(reserve('b', 9));
    expect(rye.tell(reserve('b', 9))).toEqual([]);
  });

  it('remembers so many orders that are done with and no more', () => {
    const rye = open(1);
    for (const order of ['a', 'b']) {
      rye.tell(reserve(order, 1));
      rye.tell(release(order));
    }
    expect(rye.state?.done).toEqual(['b']);
  });

  it('stock that comes in is counted, up to what can be said', () => {
    const add = (quantity: number) => stock.say('AddStock', 'rye', { sku: 'rye', quantity });
    const rye = open();
    expect(rye.tell(add(5))).toMatchObject([level(15, 0)]);
    expect(rye.tell(add(2_147_483_640))).toMatchObject([{ type: 'StockNotAdded' }]);
    expect(rye.state?.onHand).toBe(15);
  });
});

describe('shipping', () => {
  const open = () => told<ShipmentState>(shippingMachine, { at: 'NONE' });
  const request = (more: { delivery?: 'PARCEL' | 'PICKUP'; items?: number } = {}) =>
    shipments.say('RequestShipment', 'o', { ...of('o'), delivery: 'PARCEL', items: 3, ...more });
  const cancel = shipments.say('CancelShipment', 'o', of('o'));
  const collect = shipments.say('CollectOrder', 'o', { orderId: 'o' });

  it('sends a parcel once, and cannot call it back', () => {
    const parcel = open();
    expect(parcel.tell(request())).toMatchObject([{ type: 'OrderShipped', data: { shippedAt: TIME } }]);
    expect(parcel.tell(request())).toEqual([]);
    expect(brief(parcel.tell(cancel))).toEqual(['ShipmentNotCancelled o']);
  });

  it('keeps what is picked up until it is collected or cancelled', () => {
    const kept = open();
    expect(brief(kept.tell(request({ delivery: 'PICKUP' })))).toEqual(['ReadyForPickup o']);
    expect(kept.tell(collect)).toMatchObject([{ type: 'OrderShipped', data: { customerId: 'ada' } }]);
    const cancelled = open();
    cancelled.tell(request({ delivery: 'PICKUP' }));
    expect(brief(cancelled.tell(cancel))).toEqual(['ShipmentCancelled o']);
    expect(brief(cancelled.tell(collect))).toEqual(['CollectRefused o']);
    expect(cancelled.tell(request())).toEqual([]);
  });

  it('refuses what does not go into a parcel', () => {
    expect(brief(open().tell(request({ items: 201 })))).toEqual(['ShipmentRefused o']);
    expect(brief(open().tell(request({ items: 201, delivery: 'PICKUP' })))).toEqual(['ReadyForPickup o']);
  });
});

describe('payment', () => {
  const charge = eventOf(payments.say('ChargePayment', 'o', { ...of('o'), amount: euros(700) }));
  const refund = eventOf(payments.say('RefundPayment', 'o', of('o')));
  const none: PaymentState = { at: 'NONE' };
  const call = callFor(none, charge);
  const ok = { ok: true, id: 'ch' } as const;

  it('charges, and says what the provider says', () => {
    if (call === undefined) throw new Error('It calls nobody');
    expect(settle(none, call, ok)).toMatchObject({
      state: { at: 'CHARGED', chargeId: 'ch' },
      events: [{ type: 'PaymentCharged', key: 'o', data: { chargeId: 'ch', amount: euros(700) } }],
    });
    expect(settle(none, call, { ok: false, reason: 'no' })).toMatchObject({
      state: { at: 'DECLINED' },
      events: [{ type: 'PaymentDeclined', data: { reason: 'no' } }],
    });
  });

  it('refunds what was charged', () => {
    const charged: PaymentState = { at: 'CHARGED', chargeId: 'ch', amount: euros(700) };
    const back = callFor(charged, refund);
    if (back === undefined) throw new Error('It calls nobody');
    expect(settle(charged, back, ok)).toMatchObject({
      state: { at: 'REFUNDED' },
      events: [{ type: 'PaymentRefunded', data: { chargeId: 'ch', amount: euros(700) } }],
    });
  });

  it('D1: asks nobody for what was done already', () => {
    const charged: PaymentState = { at: 'CHARGED', chargeId: 'ch', amount: euros(700) };
    for (const state of [charged, { at: 'DECLINED' }, { at: 'REFUNDED' }] as const)
      expect(callFor(state, charge)).toBeUndefined();
    for (const state of [none, { at: 'DECLINED' }, { at: 'REFUNDED' }] as const)
      expect(callFor(state, refund)).toBeUndefined();
  });
});

describe('a cart', () => {
  const open = () => told<CartState>(cartMachine, { lines: [], closedBy: null });
  const set = (sku: string, quantity: number, unitPrice = euros(349)) =>
    carts.say('SetCartLine', 'ada', { customerId: 'ada', line: { sku, quantity, unitPrice } });
  const checkOut = (orderId: string) =>
    carts.say('CheckOutRequested', 'ada', { ...of(orderId), delivery: 'PICKUP' });
  const reopen = (orderId: string, keepLines: boolean) =>
    carts.say('OpenCart', 'ada', { ...of(orderId), keepLines });
  const code = (events: readonly OutgoingEvent[]) => events[0]?.data['code'];

  it('holds one line for each SKU and says what it comes to', () => {
    const cart = open();
    cart.tell(set('rye', 1));
    expect(cart.tell(set('rye', 3))).toMatchObject([
      { type: 'CartChanged', key: 'ada', data: { lines: [{ sku: 'rye', quantity: 3 }], total: euros(1047) } },
    ]);
    expect(cart.tell(set('rye', 0))).toMatchObject([{ data: { lines: [], total: euros(0) } }]);
  });

  it('becomes an order once, and is closed until that has ended', () => {
    const cart = open();
    expect(code(cart.tell(checkOut('a')))).toBe('CART_EMPTY');
    cart.tell(set('rye', 2));
    expect(cart.tell(checkOut('a'))).toMatchObject([
      { type: 'CartChanged', data: { closedBy: 'a' } },
      { topic: 'shop.orders', type: 'OrderPlaced', key: 'a', data: { fromCart: true, delivery: 'PICKUP' } },
    ]);
    expect(code(cart.tell(set('rye', 9)))).toBe('CART_CLOSED');
    expect(cart.tell(checkOut('b'))).toMatchObject([
      { topic: 'shop.orders', type: 'CheckOutRefused', key: 'b', data: { code: 'CART_CLOSED' } },
    ]);
    expect(cart.tell(reopen('b', false))).toEqual([]);
    expect(cart.tell(reopen('a', true))).toMatchObject([
      { data: { lines: [{ quantity: 2 }], closedBy: null } },
    ]);
    cart.tell(checkOut('c'));
    expect(cart.tell(reopen('c', false))).toMatchObject([{ data: { lines: [] } }]);
  });

  it('keeps to one currency and to amounts that can be said', () => {
    const cart = open();
    cart.tell(set('rye', 1));
    expect(code(cart.tell(set('voucher', 1, { amount: 100, currency: 'CHF' })))).toBe('CURRENCY_MISMATCH');
    expect(code(cart.tell(set('gold', 3, euros(1_000_000_000))))).toBe('AMOUNT_TOO_LARGE');
    expect(cart.state.lines).toHaveLength(1);
  });
});

describe('the catalogue', () => {
  const change = (sku: string, amount: number, currency = 'EUR') =>
    products.say('ChangePrice', sku, { sku, price: { amount, currency } });

  it('changes prices within their currency', () => {
    const oats = told<PriceState>(catalogueMachine, null);
    expect(oats.tell(change('oats', 199))).toMatchObject([
      { type: 'PriceChanged', data: { price: euros(199), before: euros(219) } },
    ]);
    expect(oats.tell(change('oats', 249))).toMatchObject([{ data: { before: euros(199) } }]);
  });

  it.each([
    ['a product that there is not', change('gold', 1)],
    ['another currency', change('oats', 1, 'CHF')],
    ['less than nothing', change('oats', -1)],
    ['more than can be said', change('oats', 2 ** 31)],
  ])('refuses %s', (_what, wish) => {
    expect(brief(told<PriceState>(catalogueMachine, null).tell(wish))).toEqual([
      `PriceNotChanged ${wish.key}`,
    ]);
  });
});

describe('notification', () => {
  it('tells the customer how it went, and nothing in between', async () => {
    const service = notificationService();
    const context = { state: undefined, signal: new AbortController().signal };
    const say = (event: OutgoingEvent) => service.handle(eventOf(event), context);
    const shipped = orders.say('OrderShipped', 'o', { ...of('o'), trackingId: 'MR-1', shippedAt: TIME });
    expect(await say(shipped)).toMatchObject([{ topic: 'shop.notifications', type: 'Notified', key: 'ada' }]);
    expect(await say(orders.say('StockReserved', 'o', { ...of('o'), sku: 'rye', quantity: 1 }))).toEqual([]);
  });
});
