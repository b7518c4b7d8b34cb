// Lists of orders: a customer's own, and the merchant's board. Folded from a snapshot and the events after it.
import type { Step } from 'millrace-client';
import { sumOf } from './money.js';
import type { ListedOrderFragment, OrderChangeFragment, OrderStatus } from './operations.js';

/** `placedBy`: the event that placed it, if this list has received that event. */
export type ListedOrder = ListedOrderFragment & { readonly placedBy?: string };

const STATUS: Readonly<Record<string, OrderStatus>> = {
  OrderConfirmed: 'CONFIRMED',
  ReadyForPickup: 'READY_FOR_PICKUP',
  OrderShipped: 'SHIPPED',
  OrderRejected: 'REJECTED',
  OrderCancelled: 'CANCELLED',
};

/** C4: a page that stays open shows no more than this. Those in progress are at most 200 in the snapshot. */
const MAX_ORDERS = 300;

/** @param change `null`: the result has no data @returns `undefined` until there is a snapshot or an order */
export function ordersAfter(
  orders: readonly ListedOrder[] | undefined,
  change: OrderChangeFragment | null | undefined,
  event: Step<unknown>['event'],
): readonly ListedOrder[] | undefined {
  if (change == null) return orders;
  if (change.__typename === 'OrderList') return change.orders;
  const before = orders ?? [];
  switch (change.__typename) {
    case 'OrderPlaced': {
      const { orderId, customerId, lines, placedDelivery } = change;
      if (event === undefined || before.some((order) => order.orderId === orderId)) return before;
      const placed: ListedOrder = {
        ...{ orderId, customerId, lines, delivery: placedDelivery ?? 'PARCEL', total: sumOf(lines) },
        status: 'PLACED',
        placedAt: event.time,
        placedBy: event.id,
      };
      return [placed, ...before].slice(0, MAX_ORDERS);
    }
    case 'OrderIdTaken':
      return before.filter(({ placedBy }) => placedBy !== change.eventId);
    default: {
      const status = STATUS[change.__typename];
      if (status === undefined) return before;
      return before.map((order) => (order.orderId === change.orderId ? { ...order, status } : order));
    }
  }
}

export const STATUS_TEXT: Readonly<Record<OrderStatus, string>> = {
  PLACED: 'Placed',
  CONFIRMED: 'Confirmed',
  READY_FOR_PICKUP: 'Ready for pick-up',
  SHIPPED: 'Sent',
  REJECTED: 'Rejected',
  CANCELLED: 'Cancelled',
};
