// The views of the shop: what queries read, folded from its topics.
import type { ServiceEvent, View } from 'millrace';
import { type Money, sumOf } from './money.js';
import type { MessageOf } from './topic.js';
import { carts, orders, type PricedLine, products, stock } from './topics.js';

/** The current state of an order: `type Order` of the schema. */
interface CurrentOrder {
  readonly orderId: string;
  readonly customerId: string;
  readonly status: 'PLACED' | 'CONFIRMED' | 'READY_FOR_PICKUP' | 'SHIPPED' | 'REJECTED' | 'CANCELLED';
  readonly lines: readonly PricedLine[];
  readonly total: Money | null;
  readonly delivery: 'PARCEL' | 'PICKUP';
  readonly reason: string | null;
  readonly trackingId: string | null;
  readonly placedAt: string;
  readonly updatedAt: string;
}

type Message = MessageOf<(typeof orders)['shapes']>;

/** An event that has happened to an order: `type OrderStep` of the schema. */
interface OrderStep {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly sku: string | null;
  readonly reason: string | null;
}

/** An order with its history. */
interface TrackedOrder extends CurrentOrder {
  /** The newest `MAX_STEPS`. Absent in states of before there were steps. */
  readonly steps?: readonly OrderStep[];
}

/** More than an order can have, unless its customer requests to cancel it again and again. */
const MAX_STEPS = 300;

/** The other events on the topic are what services tell each other. */
const STEPS: ReadonlySet<string> = new Set([
  'OrderPlaced',
  'StockReserved',
  'StockRefused',
  'PaymentCharged',
  'PaymentDeclined',
  'PaymentRefunded',
  'OrderConfirmed',
  'ReadyForPickup',
  'CancelRequested',
  'OrderShipped',
  'CancelAccepted',
  'CancelRefused',
  'OrderRejected',
  'OrderCancelled',
] satisfies readonly Message['type'][]);

/** Orders with their history, by order id. */
export const orderView: View<TrackedOrder | null> = {
  name: 'order',
  topics: [orders.topic],
  initial: null,
  fold(state, event) {
    const message = orders.read(event);
    if (message === undefined) return state;
    if (state === null)
      return message.type === 'OrderPlaced'
        ? { ...newOrder(message, event), steps: [stepOf(message, event)] }
        : null;
    // A second order under the same id: nothing has happened to this one.
    if (message.type === 'OrderPlaced' || !STEPS.has(message.type)) return state;
    const steps = [...(state.steps ?? []), stepOf(message, event)].slice(-MAX_STEPS);
    return { ...updatedOrder(state, message, event), steps };
  },
};

/** An order in a list, with the event that placed it. */
interface ListedOrder extends CurrentOrder {
  readonly placedBy: string;
}

/** `type OrderList` of the schema. */
interface OrderList {
  readonly customerId: string | null;
  readonly orders: readonly ListedOrder[];
}

const MAX_LISTED_ORDERS = 50;

/** Each customer's orders, newest first, by customer id. */
export const customerOrdersView: View<OrderList> = {
  name: 'customerOrders',
  topics: [orders.topic],
  by: (event) => orders.read(event)?.customerId || undefined,
  initial: { customerId: null, orders: [] },
  fold(list, event) {
    const message = orders.read(event);
    if (message === undefined) return list;
    const { customerId } = message;
    return { customerId, orders: listed(list.orders, message, event).slice(0, MAX_LISTED_ORDERS) };
  },
};

const MAX_OPEN_ORDERS = 200;
const MAX_ENDED_ORDERS = 20;
const ENDED: ReadonlySet<string> = new Set(['SHIPPED', 'REJECTED', 'CANCELLED']);
/** All other events leave the list as it is, so the view does not write it for them. */
const LIST_CHANGES: ReadonlySet<string> = new Set([
  'OrderPlaced',
  'OrderConfirmed',
  'ReadyForPickup',
  'OrderShipped',
  'OrderRejected',
  'OrderCancelled',
  'OrderIdTaken',
] satisfies readonly Message['type'][]);

/** The orders in progress and the newest ones that have ended, newest first: one list for staff. */
export const orderBoardView: View<OrderList> = {
  name: 'orderBoard',
  topics: [orders.topic],
  by: ({ type }) => (LIST_CHANGES.has(type) ? 'all' : undefined),
  initial: { customerId: null, orders: [] },
  fold(list, event) {
    const message = orders.read(event);
    if (message === undefined) return list;
    const all = listed(list.orders, message, event);
    const open = all.filter(({ status }) => !ENDED.has(status)).slice(0, MAX_OPEN_ORDERS);
    const ended = all.filter(({ status }) => ENDED.has(status)).slice(0, MAX_ENDED_ORDERS);
    const kept = new Set([...open, ...ended]);
    return { customerId: null, orders: all.filter((order) => kept.has(order)) };
  },
};

/** A list of orders after an event. */
function listed(list: readonly ListedOrder[], message: Message, event: ServiceEvent): readonly ListedOrder[] {
  const { orderId } = message;
  if (message.type === 'OrderPlaced') {
    if (list.some((order) => order.orderId === orderId)) return list;
    return [{ ...newOrder(message, event), placedBy: event.id }, ...list];
  }
  // The id belongs to another order, so this one was never accepted.
  if (message.type === 'OrderIdTaken') return list.filter(({ placedBy }) => placedBy !== message.eventId);
  return list.map((order) =>
    order.orderId === orderId ? { ...updatedOrder(order, message, event), placedBy: order.placedBy } : order,
  );
}

/** Stock levels, by SKU. */
export const stockView: View<MessageOf<Pick<(typeof stock)['shapes'], 'StockLevel'>> | null> = {
  name: 'stock',
  topics: [stock.topic],
  initial: null,
  fold(state, event) {
    const message = stock.read(event);
    return message?.type === 'StockLevel' ? message : state;
  },
};

/** Each customer's cart, by customer id. */
export const cartView: View<MessageOf<Pick<(typeof carts)['shapes'], 'CartChanged'>> | null> = {
  name: 'cart',
  topics: [carts.topic],
  initial: null,
  fold(state, event) {
    const message = carts.read(event);
    return message?.type === 'CartChanged' ? message : state;
  },
};

/** The prices of products whose price was changed, by SKU. */
export const pricesView: View<Money | null> = {
  name: 'prices',
  topics: [products.topic],
  initial: null,
  fold(state, event) {
    const message = products.read(event);
    return message?.type === 'PriceChanged' ? message.price : state;
  },
};

function newOrder(placed: Extract<Message, { type: 'OrderPlaced' }>, { time }: ServiceEvent): CurrentOrder {
  const { orderId, customerId, lines, delivery } = placed;
  const sum = sumOf(lines);
  return {
    orderId,
    customerId,
    status: 'PLACED',
    lines,
    total: sum.ok ? sum.total : null,
    delivery: delivery ?? 'PARCEL',
    reason: null,
    trackingId: null,
    placedAt: time,
    updatedAt: time,
  };
}

function stepOf(message: Message, { id, time }: ServiceEvent): OrderStep {
  const sku = 'sku' in message ? (message.sku ?? null) : null;
  const reason = 'reason' in message ? (message.reason ?? null) : null;
  return { id, type: message.type, time, sku, reason };
}

function updatedOrder(
  order: CurrentOrder,
  message: Message,
  { time: updatedAt }: ServiceEvent,
): CurrentOrder {
  switch (message.type) {
    case 'OrderConfirmed':
      return { ...order, status: 'CONFIRMED', lines: message.lines, total: message.total, updatedAt };
    case 'ReadyForPickup':
      return { ...order, status: 'READY_FOR_PICKUP', updatedAt };
    case 'OrderShipped':
      return { ...order, status: 'SHIPPED', trackingId: message.trackingId, updatedAt };
    case 'OrderRejected':
      return { ...order, status: 'REJECTED', reason: message.reason, updatedAt };
    case 'OrderCancelled':
      return { ...order, status: 'CANCELLED', reason: message.reason ?? null, updatedAt };
    default:
      return order;
  }
}
