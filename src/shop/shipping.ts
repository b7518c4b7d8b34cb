// The shipping service: sends parcels, and keeps orders for pickup until they are collected.
import type { Service } from 'millrace';
import { machineService, quiet, type StateMachine } from './state-machine.js';
import { orders, shipments } from './topics.js';

/** Where the goods of an order are. */
export type ShipmentState =
  | { readonly at: 'NONE' }
  /** Waits in the shop for the customer. */
  | { readonly at: 'READY'; readonly orderId: string; readonly customerId: string }
  | { readonly at: 'SENT' | 'REFUSED' | 'CANCELLED' };

/** The capacity of a parcel. */
const MAX_PARCEL_ITEMS = 200;

export function shippingService(): Service<ShipmentState> {
  return machineService<ShipmentState>('shipping', shipments.topic, { at: 'NONE' }, shippingMachine);
}

export const shippingMachine: StateMachine<ShipmentState> = (state, event) => {
  const message = shipments.read(event);
  if (message === undefined || message.orderId !== event.key) return quiet(state);
  const { orderId } = message;
  const sent = (customerId: string) =>
    orders.event('OrderShipped', orderId, {
      orderId,
      customerId,
      trackingId: `MR-${event.id}`,
      shippedAt: event.time,
    });
  switch (message.type) {
    case 'RequestShipment': {
      const { customerId, delivery, items } = message;
      if (state.at !== 'NONE') return quiet(state);
      if (delivery === 'PICKUP') {
        const ready = orders.event('ReadyForPickup', orderId, { orderId, customerId });
        return { state: { at: 'READY', orderId, customerId }, events: [ready] };
      }
      if (items > MAX_PARCEL_ITEMS) {
        const reason = `${items} items do not fit into a parcel, which holds ${MAX_PARCEL_ITEMS}.`;
        const refused = orders.event('ShipmentRefused', orderId, { orderId, customerId, reason });
        return { state: { at: 'REFUSED' }, events: [refused] };
      }
      return { state: { at: 'SENT' }, events: [sent(customerId)] };
    }
    case 'CancelShipment': {
      const { customerId } = message;
      if (state.at === 'NONE' || state.at === 'READY' || state.at === 'CANCELLED') {
        const cancelled = orders.event('ShipmentCancelled', orderId, { orderId, customerId });
        return { state: { at: 'CANCELLED' }, events: [cancelled] };
      }
      return { state, events: [orders.event('ShipmentNotCancelled', orderId, { orderId, customerId })] };
    }
    case 'CollectOrder': {
      if (state.at === 'READY') return { state: { at: 'SENT' }, events: [sent(state.customerId)] };
      const reason = 'No order with this id is ready for pickup.';
      // The customer is unknown here, and staff need not learn who it is.
      return {
        state,
        events: [orders.event('CollectRefused', orderId, { orderId, customerId: '', reason })],
      };
    }
  }
};
