// How an order fails: what is undone, in which order, and the events that tell so.
import type { OutgoingEvent } from 'millrace';
import type { Failure, Order, OrderIds, OrderState } from './order-state.js';
import type { Step } from './state-machine.js';
import { carts, orders, payments, stock } from './topics.js';

type OrderStep = Step<OrderState>;

/** Ends an order that is not charged, or not any more: releases its stock, and reports how it ended. */
export function fail(
  order: OrderIds & Pick<Order, 'fromCart'>,
  failure: Failure,
  reserved: readonly string[],
): OrderStep {
  const { orderId, customerId } = order;
  return {
    state: { at: failure.how, order: { orderId, customerId } },
    events: [
      ...reserved.map((sku) => stock.event('ReleaseStock', sku, { orderId, sku })),
      endEvent(order, failure),
      ...openCart(order, true),
    ],
  };
}

/** Refunds an order that was charged. It fails when the refund is done. */
export function refund(order: Order, ending: Failure): OrderStep {
  const { orderId, customerId } = order;
  return {
    state: { at: 'REFUNDING', order, ending },
    events: [payments.event('RefundPayment', orderId, { orderId, customerId })],
  };
}

/** Opens the cart again that an order was made of; nothing for other orders. */
export function openCart(
  { orderId, customerId, fromCart }: OrderIds & Pick<Order, 'fromCart'>,
  keepLines: boolean,
): readonly OutgoingEvent[] {
  return fromCart ? [carts.event('OpenCart', customerId, { orderId, customerId, keepLines })] : [];
}

export function outOfStock(sku: string, wanted: number, available: number): Failure {
  const reason = `Only ${available} of ${sku} are available, not ${wanted}.`;
  return { how: 'REJECTED', code: 'OUT_OF_STOCK', reason, sku, wanted, available };
}

export function acceptCancel({ orderId, customerId }: OrderIds): OutgoingEvent {
  return orders.event('CancelAccepted', orderId, { orderId, customerId });
}

const CANCEL_REFUSALS = {
  NO_SUCH_ORDER: 'You have no order with this id.',
  ALREADY_SHIPPED: 'The order has already been shipped.',
  ALREADY_ENDED: 'The order has already failed.',
} as const;

export function refuseCancel(
  { orderId, customerId }: OrderIds,
  code: keyof typeof CANCEL_REFUSALS,
): OutgoingEvent {
  const reason = CANCEL_REFUSALS[code];
  return orders.event('CancelRefused', orderId, { orderId, customerId, code, reason });
}

function endEvent({ orderId, customerId }: OrderIds, failure: Failure): OutgoingEvent {
  if (failure.how === 'CANCELLED')
    return orders.event('OrderCancelled', orderId, { orderId, customerId, reason: failure.reason });
  const { how: _, ...rejection } = failure;
  return orders.event('OrderRejected', orderId, { orderId, customerId, ...rejection });
}
