// What an order's page shows: the order and its history, folded from a snapshot and the events after it.
import type { Step } from 'millrace-client';
import { type Money, sumOf } from './money.js';
import type { Delivery, FollowOrderSubscription } from './operations.js';

export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: Money;
}

/** Something that has happened to the order. */
export interface OrderStep {
  /** Of the event. */
  readonly id: string;
  /** Of the event, such as `StockReserved`. */
  readonly type: string;
  readonly time: string;
  readonly sku: string | null;
  /** Why, if it is a refusal. */
  readonly reason: string | null;
}

export interface TrackedOrder {
  readonly orderId: string;
  readonly customerId: string;
  readonly delivery: Delivery;
  readonly lines: readonly OrderLine[];
  readonly total: Money | null;
  readonly trackingId: string | null;
  readonly placedAt: string;
  /** The oldest first. */
  readonly steps: readonly OrderStep[];
}

type Received = Pick<Step<FollowOrderSubscription>, 'data' | 'event'>;

/**
 * The order after a result of `orderEvents`. D3: the snapshot has every step up to its cursor, and each event after it comes
 * once and in order, so steps are appended as they come: nothing is compared, and nothing sorted.
 */
export function orderAfter(
  order: TrackedOrder | undefined,
  { data, event }: Received,
): TrackedOrder | undefined {
  const next = data?.orderEvents;
  if (next === undefined) return order;
  if (next.__typename === 'Order') return { ...next, steps: next.steps ?? [] };
  if (event === undefined) return order;
  const step: OrderStep = {
    id: event.id,
    type: next.__typename,
    time: event.time,
    sku: 'sku' in next ? next.sku : null,
    reason: reasonOf(next),
  };
  if (next.__typename === 'OrderPlaced') {
    // A second order under the same id is not this order.
    if (order !== undefined) return order;
    const { orderId, customerId, lines, placedDelivery } = next;
    const [delivery, total] = [placedDelivery ?? 'PARCEL', sumOf(lines)];
    return {
      ...{ orderId, customerId, lines, delivery, total, trackingId: null },
      placedAt: event.time,
      steps: [step],
    };
  }
  if (order === undefined) return undefined;
  const trackingId = next.__typename === 'OrderShipped' ? next.shippedTrackingId : order.trackingId;
  return { ...order, trackingId, steps: [...order.steps, step] };
}

function reasonOf(next: FollowOrderSubscription['orderEvents']): string | null {
  if ('refusal' in next) return next.refusal;
  return next.__typename === 'OrderCancelled' ? next.cancelReason : null;
}

const has = ({ steps }: TrackedOrder, ...types: readonly string[]): boolean =>
  steps.some(({ type }) => types.includes(type));

/** How the order has ended. `undefined`: it goes on. */
export function endOf(order: TrackedOrder): 'OrderShipped' | 'OrderRejected' | 'OrderCancelled' | undefined {
  return (['OrderShipped', 'OrderRejected', 'OrderCancelled'] as const).find((type) => has(order, type));
}

/** Whether the order is failing: what was done is being undone. */
const isFailing = (order: TrackedOrder): boolean =>
  has(order, 'StockRefused', 'PaymentDeclined', 'CancelAccepted', 'PaymentRefunded');

/** Whether a request to cancel it makes sense: shipping, which knows best, may still refuse it. */
export function isCancellable(order: TrackedOrder): boolean {
  return endOf(order) === undefined && !isFailing(order) && !isCancelling(order);
}

/** Whether a cancellation was requested, and is not answered yet. */
function isCancelling({ steps }: TrackedOrder): boolean {
  const last = steps.findLast(({ type }) => type.startsWith('Cancel'));
  return last?.type === 'CancelRequested';
}

/** What is still to come, in order, as far as it can be known. */
export function upcoming(order: TrackedOrder): readonly string[] {
  if (endOf(order) !== undefined) return [];
  if (isFailing(order)) {
    const mustRefund = has(order, 'PaymentCharged') && !has(order, 'PaymentRefunded');
    return [...(mustRefund ? ['Your payment is refunded'] : []), 'The order ends'];
  }
  const reserved = new Set(order.steps.filter(({ type }) => type === 'StockReserved').map(({ sku }) => sku));
  const missing = new Set(order.lines.map(({ sku }) => sku).filter((sku) => !reserved.has(sku))).size;
  const isPaid = has(order, 'PaymentCharged');
  const isConfirmed = has(order, 'OrderConfirmed');
  return [
    ...(isPaid || missing === 0
      ? []
      : [missing === 1 ? 'The product is reserved' : `${missing} products are reserved`]),
    ...(isPaid ? [] : ['Your payment is taken']),
    ...(isConfirmed ? [] : ['The order is confirmed']),
    ...(order.delivery === 'PARCEL'
      ? ['The parcel leaves the mill']
      : [...(has(order, 'ReadyForPickup') ? [] : ['It is ready for pick-up']), 'You collect it in the shop']),
  ];
}

interface Headline {
  readonly text: string;
  readonly tone: 'going' | 'good' | 'bad';
}

/** The state of the order in one sentence. */
export function headlineOf(order: TrackedOrder): Headline {
  const reason = order.steps.findLast(({ type, reason: why }) => type === 'OrderRejected' && why)?.reason;
  switch (endOf(order)) {
    case 'OrderShipped':
      return { text: order.delivery === 'PICKUP' ? 'Collected.' : 'On its way to you.', tone: 'good' };
    case 'OrderRejected':
      return { text: `The order could not be completed. ${sentence(reason ?? '')}`.trim(), tone: 'bad' };
    case 'OrderCancelled':
      return { text: 'Cancelled. Whatever was paid is refunded.', tone: 'bad' };
    default:
  }
  if (isFailing(order)) return { text: 'The order is being undone.', tone: 'bad' };
  if (isCancelling(order)) return { text: 'The order is being cancelled.', tone: 'going' };
  if (has(order, 'ReadyForPickup')) return { text: 'Ready: collect it in the shop.', tone: 'good' };
  if (has(order, 'OrderConfirmed')) return { text: 'Confirmed and paid.', tone: 'good' };
  return { text: 'We are preparing your order.', tone: 'going' };
}

/** A reason of a service, as a sentence. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

const TEXTS: Readonly<Record<string, (name: string) => string>> = {
  OrderPlaced: () => 'Order placed',
  StockReserved: (name) => `${name} reserved`,
  StockRefused: (name) => `Not enough of ${name}`,
  PaymentCharged: () => 'Payment taken',
  PaymentDeclined: () => 'Payment declined',
  PaymentRefunded: () => 'Payment refunded',
  OrderConfirmed: () => 'Order confirmed',
  ReadyForPickup: () => 'Ready for pick-up',
  CancelRequested: () => 'Cancellation requested',
  CancelAccepted: () => 'Cancellation accepted',
  CancelRefused: () => 'Cancellation refused',
  OrderShipped: () => 'Order sent',
  OrderRejected: () => 'Order rejected',
  OrderCancelled: () => 'Order cancelled',
};

/** @param nameOf the name of a product */
export function stepText(
  { type, sku }: OrderStep,
  order: TrackedOrder,
  nameOf: (sku: string) => string,
): string {
  if (type === 'OrderShipped' && order.delivery === 'PICKUP') return 'Handed out to you';
  return TEXTS[type]?.(sku === null ? 'A product' : nameOf(sku)) ?? type;
}

export const isBad = ({ type }: OrderStep): boolean => /(Refused|Declined|Rejected|Cancelled)$/.test(type);
