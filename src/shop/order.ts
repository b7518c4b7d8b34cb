import type { OutgoingEvent, Service, ServiceEvent } from 'millrace';
import { type Money, productOf } from './catalogue.js';
import { type Line, readCancelled, readPlaced } from './order-events.js';

export const ORDERS = 'shop.orders';

const MOST_LINES = 100;
const MOST_OF_ONE = 1_000;
/** What a GraphQL Int can say. */
const MOST_MONEY = 2_147_483_647;

export interface OrderOptions {
  /** The time of confirmations. */
  readonly now?: () => Date;
  /** How many orders are remembered. */
  readonly remember?: number;
}

/** What the service knows of one order id. */
interface Known {
  /** The event that placed it, and what was said to it. */
  readonly placed?: { readonly eventId: string; readonly answer: OutgoingEvent };
  /** Who cancelled it before it was placed. */
  readonly cancelledBy?: string;
}

/**
 * Decides about orders: each OrderPlaced becomes OrderConfirmed with its total, or OrderRejected with a
 * reason.
 *
 * The order ids it has met are kept in memory, the last few thousand of them: a second order with the
 * id of an earlier one is rejected, and an order whose customer cancelled it first is too. After a
 * restart it knows none of them, so an id that is used again then counts as new; ids are meant to be
 * UUIDs. An order that stands is cancelled by the customer's own event: nothing more is said to it.
 */
export function orderService(options: OrderOptions = {}): Service {
  const { now = () => new Date(), remember = 5_000 } = options;
  const known = new Map<string, Known>();

  function keep(orderId: string, what: Known): void {
    known.delete(orderId);
    known.set(orderId, what);
    const [oldest] = known.keys();
    if (known.size > remember && oldest !== undefined) known.delete(oldest);
  }

  function onPlaced(event: ServiceEvent): readonly OutgoingEvent[] {
    const order = readPlaced(event.data);
    if (order === undefined) return [];
    const { orderId, customerId, lines } = order;
    const before = known.get(orderId);
    // The very same event may be given again; it gets the same answer, not that its id is taken.
    if (before?.placed?.eventId === event.id) return [before.placed.answer];
    const reject = (reason: string) => say('OrderRejected', orderId, { orderId, customerId, reason });
    if (before?.placed !== undefined) return [reject('There is an order with this id already.')];
    const answer = decide();
    keep(orderId, { ...before, placed: { eventId: event.id, answer } });
    return [answer];

    function decide(): OutgoingEvent {
      if (before?.cancelledBy === customerId) return reject('The order was cancelled.');
      const price = totalOf(lines);
      if (!price.ok) return reject(price.reason);
      return say('OrderConfirmed', orderId, {
        orderId,
        customerId,
        total: price.total,
        confirmedAt: now().toISOString(),
      });
    }
  }

  function onCancelled(event: ServiceEvent): void {
    const cancelled = readCancelled(event.data);
    if (cancelled === undefined) return;
    const before = known.get(cancelled.orderId);
    if (before === undefined) keep(cancelled.orderId, { cancelledBy: cancelled.customerId });
  }

  return {
    name: 'order',
    topics: [ORDERS],
    handle(event) {
      if (event.type === 'OrderPlaced') return onPlaced(event);
      if (event.type === 'OrderCancelled') onCancelled(event);
      return [];
    },
  };
}

type Price = { readonly ok: true; readonly total: Money } | { readonly ok: false; readonly reason: string };

/** The sum of all lines at the prices of now, or why there is none. */
export function totalOf(lines: readonly Line[]): Price {
  if (lines.length === 0) return no('The order has no lines.');
  if (lines.length > MOST_LINES) return no(`The order has more than ${MOST_LINES} lines.`);
  let amount = 0;
  for (const { sku, quantity } of lines) {
    const product = productOf(sku);
    if (product === undefined) return no(`There is no product ${JSON.stringify(sku)}.`);
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > MOST_OF_ONE) {
      return no(`The quantity of ${sku} is ${quantity}; it can be 1 to ${MOST_OF_ONE}.`);
    }
    amount += product.price.amount * quantity;
  }
  if (amount > MOST_MONEY) return no('The order is too large.');
  return { ok: true, total: { amount, currency: 'EUR' } };
}

function no(reason: string): Price {
  return { ok: false, reason };
}

function say(type: string, key: string, data: OutgoingEvent['data']): OutgoingEvent {
  return { topic: ORDERS, type, key, data };
}
