import type { OutgoingEvent, Service, ServiceEvent } from 'millrace';
import {
  carts,
  type MessageOf,
  orders,
  type PricedLine,
  payments,
  type Rejection,
  shipments,
  stock,
} from './messages.js';
import type { Money } from './money.js';
import { checkedOrder } from './order-lines.js';
import { type Machine, type Step, serviceOf, stay } from './step.js';

/** What is known of an order that stands. */
export interface Order {
  readonly orderId: string;
  readonly customerId: string;
  /** One for each SKU. */
  readonly lines: readonly PricedLine[];
  readonly total: Money;
  readonly delivery: 'PARCEL' | 'PICKUP';
  readonly fromCart: boolean;
  readonly placedAt: string;
}

/** Why an order comes to nothing. */
type Ending =
  | {
      readonly how: 'REJECTED';
      readonly code: Rejection;
      readonly reason: string;
      readonly sku?: string;
      readonly wanted?: number;
      readonly available?: number;
    }
  | { readonly how: 'CANCELLED'; readonly reason: string | null };

/** Where an order is. `docs/shop.md` draws it. */
export type OrderState =
  | { readonly at: 'UNKNOWN' }
  | {
      readonly at: 'RESERVING';
      readonly order: Order;
      /** The SKUs that are not answered for. */
      readonly waiting: readonly string[];
      readonly reserved: readonly string[];
      readonly ending: Ending | null;
    }
  | { readonly at: 'CHARGING'; readonly order: Order; readonly ending: Ending | null }
  | { readonly at: 'SHIPPING'; readonly order: Order; readonly cancel: string | null }
  | { readonly at: 'REFUNDING'; readonly order: Order; readonly ending: Ending }
  | { readonly at: 'SHIPPED' | 'REJECTED' | 'CANCELLED'; readonly order: Whose };

type Whose = Pick<Order, 'orderId' | 'customerId'>;
type Message = MessageOf<(typeof orders)['shapes']>;
type At<Name extends OrderState['at']> = Extract<OrderState, { at: Name }>;
type OrderStep = Step<OrderState>;

/**
 * The saga: reserves each line's stock, charges, has it shipped, and undoes what was done when a step is
 * refused or the customer cancels. An order ends as SHIPPED, REJECTED or CANCELLED, once nothing of it is
 * left to undo.
 */
export function orderService(): Service<OrderState> {
  return serviceOf<OrderState>('order', orders.topic, { at: 'UNKNOWN' }, orderMachine);
}

export const orderMachine: Machine<OrderState> = (state, event) => {
  const message = orders.read(event);
  if (message === undefined || message.orderId !== event.key) return stay(state);
  if (message.type === 'OrderPlaced') return onPlaced(state, message, event);
  if (message.type === 'CancelRequested') return onCancel(state, message);
  switch (state.at) {
    case 'UNKNOWN':
      return stay(state);
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
  placed: Extract<Message, { type: 'OrderPlaced' }>,
  event: ServiceEvent,
): OrderStep {
  const { orderId, customerId } = placed;
  const fromCart = placed.fromCart === true;
  if (state.at !== 'UNKNOWN') {
    const reason = 'There is an order with this id already.';
    const taken = orders.say('OrderIdTaken', orderId, { orderId, customerId, eventId: event.id, reason });
    return { state, events: [taken, ...cartOf({ orderId, customerId, fromCart }, true)] };
  }
  const checked = checkedOrder(placed.lines);
  if (!checked.ok) {
    const { code, reason, sku } = checked;
    const nothing = { orderId, customerId, fromCart, lines: [] };
    return close(nothing, { how: 'REJECTED', code, reason, ...(sku === undefined ? {} : { sku }) }, []);
  }
  const { lines, total } = checked;
  const order: Order = {
    orderId,
    customerId,
    lines,
    total,
    delivery: placed.delivery ?? 'PARCEL',
    fromCart,
    placedAt: event.time,
  };
  return {
    state: { at: 'RESERVING', order, waiting: lines.map(({ sku }) => sku), reserved: [], ending: null },
    events: lines.map(({ sku, quantity }) =>
      stock.say('ReserveStock', sku, { orderId, customerId, sku, quantity }),
    ),
  };
}

function onCancel(state: OrderState, cancel: Extract<Message, { type: 'CancelRequested' }>): OrderStep {
  const { orderId, customerId } = cancel;
  const say = (type: 'CancelAccepted') => orders.say(type, orderId, { orderId, customerId });
  // Somebody else's order is answered like none: its id is not to be found out this way.
  if (state.at === 'UNKNOWN' || state.order.customerId !== customerId) {
    return { state, events: [refusedCancel({ orderId, customerId }, 'NO_SUCH_ORDER')] };
  }
  const ending: Ending = { how: 'CANCELLED', reason: cancel.reason ?? null };
  switch (state.at) {
    case 'RESERVING':
    case 'CHARGING':
      // What is under way is waited for, and then undone. An ending that stands already stays.
      return { state: { ...state, ending: state.ending ?? ending }, events: [say('CancelAccepted')] };
    case 'SHIPPING':
      // Shipping decides: it alone knows whether the goods have left.
      return {
        state: { ...state, cancel: state.cancel ?? cancel.reason ?? '' },
        events: [shipments.say('CancelShipment', orderId, { orderId, customerId })],
      };
    case 'REFUNDING':
    case 'CANCELLED':
      return { state, events: [say('CancelAccepted')] };
    case 'SHIPPED':
      return { state, events: [refusedCancel(state.order, 'ALREADY_SHIPPED')] };
    case 'REJECTED':
      return { state, events: [refusedCancel(state.order, 'ALREADY_ENDED')] };
  }
}

function whileReserving(state: At<'RESERVING'>, message: Message): OrderStep {
  if (message.type !== 'StockReserved' && message.type !== 'StockRefused') return stay(state);
  const { sku } = message;
  if (!state.waiting.includes(sku)) {
    // Refused at first, and reserved for a repetition that came later: it is let go with the others.
    const late = message.type === 'StockReserved' && !state.reserved.includes(sku);
    return stay(late ? { ...state, reserved: [...state.reserved, sku] } : state);
  }
  const waiting = state.waiting.filter((other) => other !== sku);
  const { order } = state;
  let { reserved, ending } = state;
  if (message.type === 'StockReserved') reserved = [...reserved, sku];
  else ending ??= outOfStock(sku, message.wanted, message.available);
  if (waiting.length > 0) return stay({ ...state, waiting, reserved, ending });
  // Only now: an answer that is still to come would otherwise reserve for an order that is gone.
  if (ending !== null) return close(order, ending, reserved);
  const { orderId, customerId, total } = order;
  return {
    state: { at: 'CHARGING', order, ending: null },
    events: [payments.say('ChargePayment', orderId, { orderId, customerId, amount: total })],
  };
}

function whileCharging(state: At<'CHARGING'>, message: Message, time: string): OrderStep {
  const { order, ending } = state;
  const { orderId, customerId, total } = order;
  switch (message.type) {
    case 'PaymentDeclined': {
      const declined: Ending = { how: 'REJECTED', code: 'PAYMENT_DECLINED', reason: message.reason };
      return close(order, ending ?? declined, skusOf(order));
    }
    case 'PaymentCharged': {
      if (ending !== null) return refund(order, ending);
      const items = order.lines.reduce((sum, { quantity }) => sum + quantity, 0);
      const { delivery, placedAt } = order;
      const lines = [...order.lines];
      const confirmed = { orderId, customerId, lines, total, delivery, placedAt, confirmedAt: time };
      return {
        state: { at: 'SHIPPING', order, cancel: null },
        events: [
          orders.say('OrderConfirmed', orderId, confirmed),
          shipments.say('RequestShipment', orderId, { orderId, customerId, delivery, items }),
          ...cartOf(order, false),
        ],
      };
    }
    default:
      return stay(state);
  }
}

function whileShipping(state: At<'SHIPPING'>, message: Message): OrderStep {
  const { order, cancel } = state;
  const { orderId, customerId } = order;
  switch (message.type) {
    case 'OrderShipped':
      return {
        state: { at: 'SHIPPED', order: { orderId, customerId } },
        events: skusOf(order).map((sku) => stock.say('TakeStock', sku, { orderId, sku })),
      };
    case 'ShipmentRefused':
      return refund(order, { how: 'REJECTED', code: 'NOT_SHIPPABLE', reason: message.reason });
    case 'ShipmentCancelled': {
      const accepted = orders.say('CancelAccepted', orderId, { orderId, customerId });
      const { state: next, events } = refund(order, { how: 'CANCELLED', reason: cancel || null });
      return { state: next, events: [accepted, ...events] };
    }
    default:
      return stay(state);
  }
}

function whileRefunding(state: At<'REFUNDING'>, message: Message): OrderStep {
  const { order, ending } = state;
  const { orderId, customerId } = order;
  if (message.type === 'PaymentRefunded') return close(order, ending, skusOf(order));
  // A second wish to cancel, answered after the first.
  if (message.type === 'ShipmentCancelled')
    return { state, events: [orders.say('CancelAccepted', orderId, { orderId, customerId })] };
  if (message.type === 'ShipmentNotCancelled')
    return { state, events: [refusedCancel(order, 'ALREADY_ENDED')] };
  return stay(state);
}

function afterTheEnd(state: At<'SHIPPED' | 'REJECTED' | 'CANCELLED'>, message: Message): OrderStep {
  const { orderId, customerId } = state.order;
  switch (message.type) {
    case 'StockReserved':
      // A command that was repeated long after it was answered: the reservation belongs to nobody.
      return { state, events: [stock.say('ReleaseStock', message.sku, { orderId, sku: message.sku })] };
    case 'ShipmentNotCancelled':
      return {
        state,
        events: [refusedCancel(state.order, state.at === 'SHIPPED' ? 'ALREADY_SHIPPED' : 'ALREADY_ENDED')],
      };
    case 'ShipmentCancelled':
      return { state, events: [orders.say('CancelAccepted', orderId, { orderId, customerId })] };
    default:
      return stay(state);
  }
}

function refund(order: Order, ending: Ending): OrderStep {
  const { orderId, customerId } = order;
  return {
    state: { at: 'REFUNDING', order, ending },
    events: [payments.say('RefundPayment', orderId, { orderId, customerId })],
  };
}

/** Nothing is charged any more: lets the stock go and says how it ended. */
function close(
  order: Whose & Pick<Order, 'fromCart'>,
  ending: Ending,
  reserved: readonly string[],
): OrderStep {
  const { orderId, customerId } = order;
  const { how, ...why } = ending;
  const ended =
    ending.how === 'REJECTED'
      ? orders.say('OrderRejected', orderId, {
          orderId,
          customerId,
          ...(why as Omit<typeof ending, 'how'>),
        })
      : orders.say('OrderCancelled', orderId, { orderId, customerId, reason: ending.reason });
  return {
    state: { at: how, order: { orderId, customerId } },
    events: [
      ...reserved.map((sku) => stock.say('ReleaseStock', sku, { orderId, sku })),
      ended,
      ...cartOf(order, true),
    ],
  };
}

function cartOf(order: Whose & Pick<Order, 'fromCart'>, keepLines: boolean): readonly OutgoingEvent[] {
  const { orderId, customerId, fromCart } = order;
  return fromCart ? [carts.say('OpenCart', customerId, { orderId, customerId, keepLines })] : [];
}

function skusOf({ lines }: Order): readonly string[] {
  return lines.map(({ sku }) => sku);
}

function outOfStock(sku: string, wanted: number, available: number): Ending {
  const reason = `Of ${sku} there are ${available}, not ${wanted}.`;
  return { how: 'REJECTED', code: 'OUT_OF_STOCK', reason, sku, wanted, available };
}

const WHY_NOT = {
  NO_SUCH_ORDER: 'You have no order with this id.',
  ALREADY_SHIPPED: 'The goods have left already.',
  ALREADY_ENDED: 'The order came to nothing already.',
} as const;

function refusedCancel({ orderId, customerId }: Whose, code: keyof typeof WHY_NOT): OutgoingEvent {
  return orders.say('CancelRefused', orderId, { orderId, customerId, code, reason: WHY_NOT[code] });
}
