import type { Service } from 'millrace';
import { orders, shipments } from './messages.js';
import { type Machine, serviceOf, stay } from './step.js';

/** Where the goods of an order are. */
export type ShipmentState =
  | { readonly at: 'NONE' }
  /** Waits in the shop to be collected. */
  | { readonly at: 'READY'; readonly orderId: string; readonly customerId: string }
  | { readonly at: 'SENT' | 'REFUSED' | 'CANCELLED' };

/** More do not go into one parcel. */
export const MOST_ITEMS = 200;

/** Sends parcels at once, and keeps what is to be picked up until it is collected. */
export function shippingService(): Service<ShipmentState> {
  return serviceOf<ShipmentState>('shipping', shipments.topic, { at: 'NONE' }, shippingMachine);
}

export const shippingMachine: Machine<ShipmentState> = (state, event) => {
  const message = shipments.read(event);
  if (message === undefined || message.orderId !== event.key) return stay(state);
  const { orderId } = message;
  const sent = (customerId: string) =>
    orders.say('OrderShipped', orderId, {
      orderId,
      customerId,
      trackingId: `MR-${event.id}`,
      shippedAt: event.time,
    });
  switch (message.type) {
    case 'RequestShipment': {
      const { customerId, delivery, items } = message;
      if (state.at !== 'NONE') return stay(state);
      if (delivery === 'PICKUP') {
        const ready = orders.say('ReadyForPickup', orderId, { orderId, customerId });
        return { state: { at: 'READY', orderId, customerId }, events: [ready] };
      }
      if (items > MOST_ITEMS) {
        const reason = `${items} items do not go into a parcel; it holds ${MOST_ITEMS}.`;
        const refused = orders.say('ShipmentRefused', orderId, { orderId, customerId, reason });
        return { state: { at: 'REFUSED' }, events: [refused] };
      }
      return { state: { at: 'SENT' }, events: [sent(customerId)] };
    }
    case 'CancelShipment': {
      const { customerId } = message;
      if (state.at === 'NONE' || state.at === 'READY' || state.at === 'CANCELLED') {
        const cancelled = orders.say('ShipmentCancelled', orderId, { orderId, customerId });
        return { state: { at: 'CANCELLED' }, events: [cancelled] };
      }
      return { state, events: [orders.say('ShipmentNotCancelled', orderId, { orderId, customerId })] };
    }
    case 'CollectOrder': {
      if (state.at === 'READY') return { state: { at: 'SENT' }, events: [sent(state.customerId)] };
      const reason = 'Nothing waits to be collected under this id.';
      // Whose it is is not known here, and nobody's business.
      return { state, events: [orders.say('CollectRefused', orderId, { orderId, customerId: '', reason })] };
    }
  }
};
