// The order service, a saga: it reserves each line's stock, charges the customer, and has the order shipped.
// When a step is refused or the customer cancels, it undoes the steps that were done.
import type { Service, ServiceEvent } from 'millrace';
import { acceptCancel, fail, openCart, refuseCancel } from './order-endings.js';
import { checkOrder } from './order-lines.js';
import type { Failure, Order, OrderMessage, OrderState } from './order-state.js';
import { afterTheEnd, whileCharging, whileRefunding, whileReserving, whileShipping } from './order-steps.js';
import { machineService, quiet, type StateMachine, type Step } from './state-machine.js';
import { orders, shipments, stock } from './topics.js';

type OrderStep = Step<OrderState>;

/** An order ends as SHIPPED, REJECTED or CANCELLED, once nothing of it is left to undo. */
export function orderService(): Service<OrderState> {
  return machineService<OrderState>('order', orders.topic, { at: 'UNKNOWN' }, orderMachine);
}

export const orderMachine: StateMachine<OrderState> = (state, event) => {
  const message = orders.read(event);
  if (message === undefined || message.orderId !== event.key) return quiet(state);
  if (message.type === 'OrderPlaced') return onPlaced(state, message, event);
  if (message.type === 'CancelRequested') return onCancelRequested(state, message);
  switch (state.at) {
    case 'UNKNOWN':
      return quiet(state);
    case 'RESERVING':
      return whileReserving(state, message);
    case 'CHARGING':
      return whileCharging(state, message, event.time);
    case 'SHIPPING':
      return whileShipping(state, message);
    case 'REFUNDING':
      return whileRefunding(state, message);
    case 'SHIPPED':
    case 'REJECTED':
    case 'CANCELLED':
      return afterTheEnd(state, message);
  }
};

function onPlaced(
  state: OrderState,
  placed: Extract<OrderMessage, { type: 'OrderPlaced' }>,
  event: ServiceEvent,
): OrderStep {
  const { orderId, customerId } = placed;
  const fromCart = placed.fromCart === true;
  if (state.at !== 'UNKNOWN') {
    const reason = 'There is already an order with this id.';
    const taken = orders.event('OrderIdTaken', orderId, { orderId, customerId, eventId: event.id, reason });
    return { state, events: [taken, ...openCart({ orderId, customerId, fromCart }, true)] };
  }
  const checked = checkOrder(placed.lines);
  if (!checked.ok) {
    const { code, reason, sku } = checked;
    const failure: Failure = { how: 'REJECTED', code, reason, ...(sku === undefined ? {} : { sku }) };
    return fail({ orderId, customerId, fromCart }, failure, []);
  }
  const { lines, total } = checked;
  const delivery = placed.delivery ?? 'PARCEL';
  const order: Order = { orderId, customerId, lines, total, delivery, fromCart, placedAt: event.time };
  return {
    state: { at: 'RESERVING', order, waiting: lines.map(({ sku }) => sku), reserved: [], ending: null },
    events: lines.map(({ sku, quantity }) =>
      stock.event('ReserveStock', sku, { orderId, customerId, sku, quantity }),
    ),
  };
}

function onCancelRequested(
  state: OrderState,
  request: Extract<OrderMessage, { type: 'CancelRequested' }>,
): OrderStep {
  const { orderId, customerId } = request;
  // Another customer's order is answered like an unknown one, so that ids cannot be probed.
  if (state.at === 'UNKNOWN' || state.order.customerId !== customerId) {
    return { state, events: [refuseCancel(request, 'NO_SUCH_ORDER')] };
  }
  const ending: Failure = { how: 'CANCELLED', reason: request.reason ?? null };
  switch (state.at) {
    case 'RESERVING':
    case 'CHARGING':
      // The order fails when the pending answers are there. An earlier reason to fail stays.
      return { state: { ...state, ending: state.ending ?? ending }, events: [acceptCancel(request)] };
    case 'SHIPPING':
      // Shipping decides: only it knows whether the goods have left.
      return {
        state: { ...state, cancel: state.cancel ?? request.reason ?? '' },
        events: [shipments.event('CancelShipment', orderId, { orderId, customerId })],
      };
    case 'REFUNDING':
    case 'CANCELLED':
      return { state, events: [acceptCancel(request)] };
    case 'SHIPPED':
      return { state, events: [refuseCancel(state.order, 'ALREADY_SHIPPED')] };
    case 'REJECTED':
      return { state, events: [refuseCancel(state.order, 'ALREADY_ENDED')] };
  }
}
