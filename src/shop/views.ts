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

/** Orders, by order id. */
export const orderView: View<CurrentOrder | null> = {
  name: 'order',
  topics: [orders.topic],
  initial: null,
  fold(state, event) {
    const message = orders.read(event);
    if (message === undefined) return state;
    if (message.type === 'OrderPlaced') return state ?? newOrder(message, event);
    return state === null ? null : updatedOrder(state, message, event);
  },
};

/** An order in a customer's list, with the event that placed it. */
interface ListedOrder extends CurrentOrder {
  readonly placedBy: string;
}

const MAX_LISTED_ORDERS = 50;

/** Each customer's orders, newest first, by customer id. */
export const myOrdersView: View<readonly ListedOrder[]> = {
  name: 'myOrders',
  topics: [orders.topic],
  by: (event) => orders.read(event)?.customerId || undefined,
  initial: [],
  fold(listed, event) {
    const message = orders.read(event);
    if (message === undefined) return listed;
    const { orderId } = message;
    if (message.type === 'OrderPlaced') {
      if (listed.some((order) => order.orderId === orderId)) return listed;
      return [{ ...newOrder(message, event), placedBy: event.id }, ...listed].slice(0, MAX_LISTED_ORDERS);
    }
    // The id belongs to another order, so this one was never accepted.
    if (message.type === 'OrderIdTaken') return listed.filter(({ placedBy }) => placedBy !== message.eventId);
    return listed.map((order) =>
      order.orderId === orderId
        ? { ...updatedOrder(order, message, event), placedBy: order.placedBy }
        : order,
    );
  },
};

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
