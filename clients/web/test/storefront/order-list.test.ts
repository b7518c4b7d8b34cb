import { describe, expect, it } from 'vitest';
import { minorUnits, moneyText } from '../../src/storefront/money';
import type { OrderChangeFragment } from '../../src/storefront/operations';
import { newOrderId } from '../../src/storefront/order-id';
import { type ListedOrder, ordersAfter } from '../../src/storefront/order-list';

const event = (id: string) => ({ id, time: '2026-01-31T09:30:00Z', topic: 't', partition: 0, offset: '0' });
const lines = [{ sku: 'rye', quantity: 2, unitPrice: { amount: 349, currency: 'EUR' } }];
const placed = (orderId: string): OrderChangeFragment => ({
  ...{ __typename: 'OrderPlaced', orderId, customerId: 'ada', placedDelivery: 'PICKUP', lines },
});
const after = (changes: readonly OrderChangeFragment[], before?: readonly ListedOrder[]) =>
  changes.reduce<readonly ListedOrder[] | undefined>(
    (orders, change, i) => ordersAfter(orders, change, event(`${i + 1}`)),
    before,
  );
const brief = (orders: readonly ListedOrder[] | undefined) =>
  orders?.map(({ orderId, status }) => `${orderId} ${status}`);

describe('a list of orders', () => {
  it('has the newest first, each in its current state, after its snapshot', () => {
    const [old] = after([placed('old')]) ?? [];
    const snapshot: OrderChangeFragment = { __typename: 'OrderList', orders: old ? [old] : [] };
    const orders = after([
      snapshot,
      placed('new'),
      { __typename: 'OrderConfirmed', orderId: 'old' },
      { __typename: 'ReadyForPickup', orderId: 'old' },
    ]);
    expect(brief(orders)).toEqual(['new PLACED', 'old READY_FOR_PICKUP']);
    expect(orders?.[0]).toMatchObject({ delivery: 'PICKUP', total: { amount: 698, currency: 'EUR' } });
  });

  it('removes an order whose id was taken, and keeps the one that has the id', () => {
    const taken = (eventId: string): OrderChangeFragment => ({
      ...{ __typename: 'OrderIdTaken', orderId: 'o', eventId },
    });
    expect(brief(after([placed('o'), taken('1')]))).toEqual([]);
    expect(brief(after([placed('o'), placed('o'), taken('2')]))).toEqual(['o PLACED']);
  });

  it('C4 keeps no more than 300 orders on a page that stays open', () => {
    const many = after(Array.from({ length: 400 }, (_, i) => placed(`o-${i}`)));
    expect([many?.length, many?.[0]?.orderId]).toEqual([300, 'o-399']);
  });
});

describe('money', () => {
  it('is exact in both directions, also in a currency without minor units', () => {
    expect(moneyText({ amount: 349, currency: 'EUR' })).toBe('€3.49');
    expect(minorUnits('3.49', 'EUR')).toBe(349);
    expect(minorUnits(1.005, 'EUR')).toBeUndefined();
    expect(minorUnits('', 'EUR')).toBeUndefined();
    expect(minorUnits(500, 'JPY')).toBe(500);
  });
});

it('an order id is short enough to be read out, and never the same twice', () => {
  const ids = Array.from({ length: 1_000 }, newOrderId);
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
});
