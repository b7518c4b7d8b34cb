import type { OutgoingEvent } from 'millrace';
import { describe, expect, it } from 'vitest';
import { orderMachine } from '../../src/shop/order.js';
import type { OrderState } from '../../src/shop/order-state.js';
import { orders } from '../../src/shop/topics.js';
import { brief, runMachine, TIME } from './machine-tools.js';

const euros = (amount: number) => ({ amount, currency: 'EUR' });
const who = { orderId: 'o', customerId: 'ada' };
const rye = { sku: 'rye', quantity: 2, unitPrice: euros(349) };
const basket = { sku: 'basket', quantity: 1, unitPrice: euros(1890) };
const amount = euros(2 * 349 + 1890);
const START: OrderState = { at: 'UNKNOWN' };

const event = (type: Parameters<typeof orders.event>[0], more: object = {}): OutgoingEvent => ({
  topic: orders.topic,
  type,
  key: 'o',
  data: { ...who, ...more },
});
const placed = (lines: readonly unknown[] = [rye, basket], more: object = {}) =>
  event('OrderPlaced', { lines, ...more });
const reserved = (sku: string) => event('StockReserved', { sku, quantity: 1 });
const refused = (sku: string) => event('StockRefused', { sku, wanted: 2, available: 1 });
const charged = event('PaymentCharged', { chargeId: 'ch', amount });
const declined = event('PaymentDeclined', { reason: 'no' });
const refunded = event('PaymentRefunded', { chargeId: 'ch', amount });
const shipped = event('OrderShipped', { trackingId: 't', shippedAt: TIME });
const cancel = event('CancelRequested', { reason: 'changed my mind' });

/** What the last of `events` makes it publish, and the state that it is in then. */
function having(...events: readonly OutgoingEvent[]) {
  const order = runMachine(orderMachine, START);
  const said = events.map((event) => order.send(event));
  return { said: said.at(-1) ?? [], brief: brief(said.at(-1) ?? []), at: order.state.at };
}
const atCharging = [placed(), reserved('rye'), reserved('basket')];
const atShipping = [...atCharging, charged];
const atRefunding = [...atShipping, cancel, event('ShipmentCancelled')];

describe('an order', () => {
  it('reserves each of its SKUs once, whatever its lines', () => {
    const { said } = having(placed([rye, basket, rye]));
    expect(said.map(({ key, data }) => [key, data['quantity']])).toEqual([
      ['rye', 4],
      ['basket', 1],
    ]);
  });

  it('charges once everything is reserved, ships once it is charged, and then its stock is taken', () => {
    expect(having(placed(), reserved('rye')).said).toEqual([]);
    expect(having(...atCharging).said).toMatchObject([{ type: 'ChargePayment', data: { amount } }]);
    expect(having(...atShipping).said).toMatchObject([
      { type: 'OrderConfirmed', data: { total: amount, confirmedAt: TIME } },
      { type: 'RequestShipment', data: { items: 3, delivery: 'PARCEL' } },
    ]);
    expect(having(...atShipping, shipped)).toMatchObject({
      at: 'SHIPPED',
      brief: ['TakeStock rye', 'TakeStock basket'],
    });
  });

  it('that is out of stock waits for every answer, and then releases what was reserved', () => {
    expect(having(placed(), refused('rye'))).toMatchObject({ at: 'RESERVING', said: [] });
    const end = having(placed(), refused('rye'), reserved('basket'));
    expect(end).toMatchObject({ at: 'REJECTED', brief: ['ReleaseStock basket', 'OrderRejected o'] });
    expect(end.said[1]?.data).toMatchObject({ code: 'OUT_OF_STOCK', sku: 'rye', wanted: 2, available: 1 });
  });

  it('releases all of its stock when the payment is declined', () => {
    const end = having(...atCharging, declined);
    expect(end).toMatchObject({
      at: 'REJECTED',
      brief: ['ReleaseStock rye', 'ReleaseStock basket', 'OrderRejected o'],
    });
    expect(end.said[2]?.data).toMatchObject({ code: 'PAYMENT_DECLINED' });
  });

  it('is refunded first and then released when its shipment is refused', () => {
    const refusal = event('ShipmentRefused', { reason: 'too heavy' });
    expect(having(...atShipping, refusal)).toMatchObject({ at: 'REFUNDING', brief: ['RefundPayment o'] });
    const end = having(...atShipping, refusal, refunded);
    expect(end.brief).toEqual(['ReleaseStock rye', 'ReleaseStock basket', 'OrderRejected o']);
    expect(end.said[2]?.data).toMatchObject({ code: 'NOT_SHIPPABLE' });
  });

  it('that is cancelled while stock is reserved releases it when all answers are there, and charges nothing', () => {
    expect(having(placed(), cancel).brief).toEqual(['CancelAccepted o']);
    expect(having(placed(), cancel, reserved('rye'), refused('basket'))).toMatchObject({
      at: 'CANCELLED',
      brief: ['ReleaseStock rye', 'OrderCancelled o'],
    });
  });

  it('that is cancelled while it is charged is refunded if the charge succeeds', () => {
    expect(having(...atCharging, cancel).brief).toEqual(['CancelAccepted o']);
    expect(having(...atCharging, cancel, charged)).toMatchObject({
      at: 'REFUNDING',
      brief: ['RefundPayment o'],
    });
    expect(having(...atCharging, cancel, charged, refunded).brief).toContain('OrderCancelled o');
    expect(having(...atCharging, cancel, declined)).toMatchObject({ at: 'CANCELLED' });
  });

  it('asks the shipping service first when it is cancelled after its confirmation', () => {
    expect(having(...atShipping, cancel).brief).toEqual(['CancelShipment o']);
    expect(having(...atRefunding)).toMatchObject({
      at: 'REFUNDING',
      brief: ['CancelAccepted o', 'RefundPayment o'],
    });
    expect(having(...atRefunding, refunded)).toMatchObject({
      at: 'CANCELLED',
      brief: ['ReleaseStock rye', 'ReleaseStock basket', 'OrderCancelled o'],
    });
  });

  it('refuses to be cancelled after it was shipped, also when the two cross', () => {
    expect(having(...atShipping, shipped, cancel).said[0]?.data).toMatchObject({ code: 'ALREADY_SHIPPED' });
    const met = having(...atShipping, cancel, shipped, event('ShipmentNotCancelled'));
    expect(met).toMatchObject({ at: 'SHIPPED', brief: ['CancelRefused o'] });
  });

  it.each([
    ['nobody placed', [cancel], 'NO_SUCH_ORDER'],
    ['somebody else placed', [placed(), event('CancelRequested', { customerId: 'eve' })], 'NO_SUCH_ORDER'],
    ['came to nothing', [...atCharging, declined, cancel], 'ALREADY_ENDED'],
  ])('refuses the cancellation of an order that %s', (_what, events, code) => {
    expect(having(...events).said).toMatchObject([{ type: 'CancelRefused', data: { code } }]);
  });

  it('is not changed by a second order with the same id', () => {
    const order = runMachine(orderMachine, START);
    order.send(placed());
    const before = order.state;
    const second = order.send(placed([rye], { customerId: 'eve' }), 'second');
    expect(second).toMatchObject([{ type: 'OrderIdTaken', data: { customerId: 'eve', eventId: 'second' } }]);
    expect(order.state).toEqual(before);
  });

  it.each([
    ['no lines', [], 'NO_LINES'],
    ['a quantity of zero', [{ ...rye, quantity: 0 }], 'INVALID_QUANTITY'],
    ['a negative quantity', [{ ...rye, quantity: -1 }], 'INVALID_QUANTITY'],
    ['half a product', [{ ...rye, quantity: 0.5 }], 'INVALID_QUANTITY'],
    ['too many in two lines', Array(2).fill({ ...rye, quantity: 600 }), 'INVALID_QUANTITY'],
    ['too many lines', Array.from({ length: 101 }, (_, i) => ({ ...rye, sku: `${i}` })), 'TOO_MANY_LINES'],
    ['an amount too large', [{ ...rye, quantity: 3, unitPrice: euros(1_000_000_000) }], 'AMOUNT_TOO_LARGE'],
    ['an amount past exact numbers', [{ ...rye, unitPrice: euros(2 ** 52) }], 'AMOUNT_TOO_LARGE'],
    ['two currencies', [rye, { ...basket, unitPrice: { amount: 1, currency: 'CHF' } }], 'CURRENCY_MISMATCH'],
  ])('is rejected without a reservation when it has %s', (_what, lines, code) => {
    expect(having(placed(lines))).toMatchObject({
      at: 'REJECTED',
      said: [{ type: 'OrderRejected', data: { code } }],
    });
  });

  it('that was made of a cart opens it again: empty when confirmed, with its lines when it failed', () => {
    const fromCart = placed([rye], { fromCart: true });
    const keep = (...events: readonly OutgoingEvent[]) =>
      having(fromCart, ...events).said.find(({ type }) => type === 'OpenCart')?.data['keepLines'];
    expect(keep(reserved('rye'), charged)).toBe(false);
    expect(keep(refused('rye'))).toBe(true);
    expect(keep(reserved('rye'), declined)).toBe(true);
    expect(keep(fromCart)).toBe(true);
  });

  it('releases stock that is reserved for it after its end', () => {
    expect(having(...atCharging, declined, reserved('rye')).brief).toEqual(['ReleaseStock rye']);
    expect(having(...atShipping, shipped, reserved('rye')).brief).toEqual(['ReleaseStock rye']);
  });

  it.each([
    ['answers that are repeated', [...atShipping, reserved('rye')]],
    ['a charge that is repeated', [...atShipping, charged]],
    ['a tombstone', [{ ...placed(), data: null as never }]],
    ['lines of another shape', [placed([{ sku: 'oats' }])]],
    ['a type of somebody else', [{ ...placed(), type: 'Praised' }]],
    ['an event under the key of another order', [{ ...placed(), key: 'other' }]],
    ['answers to nothing', [reserved('rye')]],
  ])('publishes nothing for %s', (_what, events) => {
    expect(having(...events).said).toEqual([]);
  });
});
