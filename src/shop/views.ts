import type { ServiceEvent, View } from 'millrace';
import { carts, type MessageOf, orders, type PricedLine, products, stock } from './messages.js';
import { type Money, sumOf } from './money.js';

/** An order as it stands: `type Order` of the schema. */
export interface OrderNow {
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

/** Each order, by its id. */
export const orderView: View<OrderNow | null> = {
  name: 'order',
  topics: [orders.topic],
  initial: null,
  fold(state, event) {
    const message = orders.read(event);
    if (message === undefined) return state;
    if (message.type === 'OrderPlaced') return state ?? placedOrder(message, event);
    return state === null ? null : nextOrder(state, message, event);
  },
};

/** An order of a customer's list, with the event that placed it. */
interface Listed extends OrderNow {
  readonly placedBy: string;
}

const MOST_LISTED = 50;

/** The orders of each customer, by the customer, the newest first. */
export const myOrdersView: View<readonly Listed[]> = {
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
      return [{ ...placedOrder(message, event), placedBy: event.id }, ...listed].slice(0, MOST_LISTED);
    }
    // It was placed under the id of another order, and never became one.
    if (message.type === 'OrderIdTaken') return listed.filter(({ placedBy }) => placedBy !== message.eventId);
    return listed.map((order) =>
      order.orderId === orderId ? { ...nextOrder(order, message, event), placedBy: order.placedBy } : order,
    );
  },
};

/** How many there are, by SKU. */
export const stockView: View<MessageOf<Pick<(typeof stock)['shapes'], 'StockLevel'>> | null> = {
  name: 'stock',
  topics: [stock.topic],
  initial: null,
  fold(state, event) {
    const message = stock.read(event);
    return message?.type === 'StockLevel' ? message : state;
  },
};

/** Each customer's cart, by the customer. */
export const cartView: View<MessageOf<Pick<(typeof carts)['shapes'], 'CartChanged'>> | null> = {
  name: 'cart',
  topics: [carts.topic],
  initial: null,
  fold(state, event) {
    const message = carts.read(event);
    return message?.type === 'CartChanged' ? message : state;
  },
};

/** What products cost whose price was changed, by SKU. */
export const pricesView: View<Money | null> = {
  name: 'prices',
  topics: [products.topic],
  initial: null,
  fold(state, event) {
    const message = products.read(event);
    return message?.type === 'PriceChanged' ? message.price : state;
  },
};

function placedOrder(placed: Extract<Message, { type: 'OrderPlaced' }>, { time }: ServiceEvent): OrderNow {
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

function nextOrder(order: OrderNow, message: Message, { time: updatedAt }: ServiceEvent): OrderNow {
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
