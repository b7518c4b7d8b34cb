import type { Service } from 'millrace';
import { type MessageOf, notifications, orders } from './messages.js';

/** Tells customers what became of their orders. It keeps nothing, so it can be taken away or replaced. */
export function notificationService(): Service {
  return {
    name: 'notification',
    topics: [orders.topic],
    handle(event) {
      const message = orders.read(event);
      const text = message && textOf(message);
      if (message === undefined || text === undefined) return [];
      const { orderId, customerId } = message;
      return [notifications.say('Notified', customerId, { orderId, customerId, text })];
    },
  };
}

function textOf(message: MessageOf<(typeof orders)['shapes']>): string | undefined {
  switch (message.type) {
    case 'OrderConfirmed':
      return 'Thank you: your order is confirmed.';
    case 'ReadyForPickup':
      return 'Your order waits for you in the shop.';
    case 'OrderShipped':
      return `Your order is on its way: ${message.trackingId}.`;
    case 'OrderRejected':
      return `Your order came to nothing. ${message.reason}`;
    case 'OrderCancelled':
      return 'Your order is cancelled, and what you paid is returned.';
    default:
      return undefined;
  }
}
