// What an order does with the answers of the other services, at each point of its way.
import { acceptCancel, fail, openCart, outOfStock, refund, refuseCancel } from './order-endings.js';
import type { Failure, Order, OrderAt, OrderMessage, OrderState } from './order-state.js';
import { quiet, type Step } from './state-machine.js';
import { orders, payments, shipments, stock } from './topics.js';

type OrderStep = Step<OrderState>;

export function whileReserving(state: OrderAt<'RESERVING'>, message: OrderMessage): OrderStep {
  if (message.type !== 'StockReserved' && message.type !== 'StockRefused') return quiet(state);
  const { sku } = message;
  if (!state.waiting.includes(sku)) {
    // The first answer was a refusal, and a repeated command has reserved: release this stock with the rest.
    const isLate = message.type === 'StockReserved' && !state.reserved.includes(sku);
    return quiet(isLate ? { ...state, reserved: [...state.reserved, sku] } : state);
  }
  const waiting = state.waiting.filter((other) => other !== sku);
  const { order } = state;
  let { reserved, ending } = state;
  if (message.type === 'StockReserved') reserved = [...reserved, sku];
  else ending ??= outOfStock(sku, message.wanted, message.available);
  if (waiting.length > 0) return quiet({ ...state, waiting, reserved, ending });
  // Only when every answer is there: a later one would reserve stock for an order that has ended.
  if (ending !== null) return fail(order, ending, reserved);
  const { orderId, customerId, total } = order;
  return {
    state: { at: 'CHARGING', order, ending: null },
    events: [payments.event('ChargePayment', orderId, { orderId, customerId, amount: total })],
  };
}

export function whileCharging(state: OrderAt<'CHARGING'>, message: OrderMessage, time: string): OrderStep {
  const { order, ending } = state;
  switch (message.type) {
    case 'PaymentDeclined': {
      const declined: Failure = { how: 'REJECTED', code: 'PAYMENT_DECLINED', reason: message.reason };
      return fail(order, ending ?? declined, skusOf(order));
    }
    case 'PaymentCharged':
      return ending === null ? confirm(order, time) : refund(order, ending);
    default:
      return quiet(state);
  }
}

function confirm(order: Order, confirmedAt: string): OrderStep {
  const { orderId, customerId, total, delivery, placedAt } = order;
  const items = order.lines.reduce((sum, { quantity }) => sum + quantity, 0);
  const lines = [...order.lines];
  const confirmed = { orderId, customerId, lines, total, delivery, placedAt, confirmedAt };
  return {
    state: { at: 'SHIPPING', order, cancel: null },
    events: [
      orders.event('OrderConfirmed', orderId, confirmed),
      shipments.event('RequestShipment', orderId, { orderId, customerId, delivery, items }),
      ...openCart(order, false),
    ],
  };
}

export function whileShipping(state: OrderAt<'SHIPPING'>, message: OrderMessage): OrderStep {
  const { order, cancel } = state;
  const { orderId, customerId } = order;
  switch (message.type) {
    case 'OrderShipped':
      return {
        state: { at: 'SHIPPED', order: { orderId, customerId } },
        events: skusOf(order).map((sku) => stock.event('TakeStock', sku, { orderId, sku })),
      };
    case 'ShipmentRefused':
      return refund(order, { how: 'REJECTED', code: 'NOT_SHIPPABLE', reason: message.reason });
    case 'ShipmentCancelled': {
      const refunding = refund(order, { how: 'CANCELLED', reason: cancel || null });
      return { ...refunding, events: [acceptCancel(order), ...refunding.events] };
    }
    default:
      return quiet(state);
  }
}

export function whileRefunding(state: OrderAt<'REFUNDING'>, message: OrderMessage): OrderStep {
  const { order, ending } = state;
  switch (message.type) {
    case 'PaymentRefunded':
      return fail(order, ending, skusOf(order));
    // Shipping answers a second cancellation, which the customer requested before the first was answered.
    case 'ShipmentCancelled':
      return { state, events: [acceptCancel(order)] };
    case 'ShipmentNotCancelled':
      return { state, events: [refuseCancel(order, 'ALREADY_ENDED')] };
    default:
      return quiet(state);
  }
}

export function afterTheEnd(
  state: OrderAt<'SHIPPED' | 'REJECTED' | 'CANCELLED'>,
  message: OrderMessage,
): OrderStep {
  const { order } = state;
  const { orderId } = order;
  switch (message.type) {
    case 'StockReserved':
      // A command was repeated long after its answer, and has reserved again: no order uses this stock.
      return { state, events: [stock.event('ReleaseStock', message.sku, { orderId, sku: message.sku })] };
    case 'ShipmentNotCancelled': {
      const code = state.at === 'SHIPPED' ? 'ALREADY_SHIPPED' : 'ALREADY_ENDED';
      return { state, events: [refuseCancel(order, code)] };
    }
    case 'ShipmentCancelled':
      return { state, events: [acceptCancel(order)] };
    default:
      return quiet(state);
  }
}

function skusOf({ lines }: Order): readonly string[] {
  return lines.map(({ sku }) => sku);
}
