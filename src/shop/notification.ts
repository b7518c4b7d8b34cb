// The notification service: tells customers how their orders are going.
import type { Service } from 'millrace';
import type { MessageOf } from './topic.js';
import { notifications, orders } from './topics.js';

/** It has no state and no other service depends on it, so it can be removed or replaced. */
export function notificationService(): Service {
  return {
    name: 'notification',
    topics: [orders.topic],
    handle(event) {
      const message = orders.read(event);
      const text = message && textOf(message);
      if (message === undefined || text === undefined) return [];
      const { orderId, customerId } = message;
      return [notifications.event('Notified', customerId, { orderId, customerId, text })];
    },
  };
}

function textOf(message: MessageOf<(typeof orders)['shapes']>): string | undefined {
  switch (message.type) {
    case 'OrderConfirmed':
      return 'Thank you: your order is confirmed.';
    case 'ReadyForPickup':
      return 'Your order is ready for pickup.';
    case 'OrderShipped':
      return `Your order is on its way: ${message.trackingId}.`;
    case 'OrderRejected':
      return `Your order could not be completed. ${message.reason}`;
    case 'OrderCancelled':
      return 'Your order is cancelled, and your payment is refunded.';
    default:
      return undefined;
  }
}
