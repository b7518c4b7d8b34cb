import type { OutgoingEvent, Service } from 'millrace';
import { openingStock } from './catalogue.js';
import { orders, stock } from './messages.js';
import { type Machine, type Step, serviceOf, stay } from './step.js';

/** What is known of one SKU; `null` before anything happened to it. */
export type StockState = {
  /** In the house, reserved or not. */
  readonly onHand: number;
  /** How many of them, by order. */
  readonly reserved: Readonly<Record<string, number>>;
  /** The orders that were answered and let go or taken, the newest last. */
  readonly done: readonly string[];
} | null;

export interface InventoryOptions {
  /** What there is of a SKU in the beginning. */
  readonly opening?: (sku: string) => number;
  /** How many orders that are done with are remembered for each SKU. */
  readonly remember?: number;
}

const MOST = 2_147_483_647;

/** Keeps the stock of each SKU: what is reserved for one order is promised to no other. */
export function inventoryService(options: InventoryOptions = {}): Service<StockState> {
  return serviceOf<StockState>('inventory', stock.topic, null, inventoryMachine(options));
}

/**
 * A command that is repeated says nothing: the answer stands in the log already. Orders that are done with
 * are remembered for a while; one that is repeated even later reserves again, and the order service, which
 * forgets no order, has it released.
 */
export function inventoryMachine({
  opening = openingStock,
  remember = 50,
}: InventoryOptions = {}): Machine<StockState> {
  return (state, event) => {
    const message = stock.read(event);
    if (message === undefined || message.sku !== event.key) return stay(state);
    const now = state ?? { onHand: opening(message.sku), reserved: {}, done: [] };
    switch (message.type) {
      case 'ReserveStock': {
        const { orderId, customerId, sku, quantity } = message;
        if (Object.hasOwn(now.reserved, orderId) || now.done.includes(orderId)) return stay(state);
        const available = availableOf(now);
        if (quantity > available) {
          const data = { orderId, customerId, sku, wanted: quantity, available };
          return {
            state: { ...now, done: kept(now.done, orderId) },
            events: [orders.say('StockRefused', orderId, data)],
          };
        }
        const answer = orders.say('StockReserved', orderId, { orderId, customerId, sku, quantity });
        return changed(sku, { ...now, reserved: { ...now.reserved, [orderId]: quantity } }, [answer]);
      }
      case 'ReleaseStock':
      case 'TakeStock': {
        const { [message.orderId]: quantity, ...reserved } = now.reserved;
        if (quantity === undefined) return stay(state);
        const onHand = message.type === 'TakeStock' ? now.onHand - quantity : now.onHand;
        return changed(message.sku, { onHand, reserved, done: kept(now.done, message.orderId) });
      }
      case 'AddStock': {
        const { sku, quantity } = message;
        if (now.onHand + quantity <= MOST) return changed(sku, { ...now, onHand: now.onHand + quantity });
        const reason = `There would be more than ${MOST} of ${sku}.`;
        return { state, events: [stock.say('StockNotAdded', sku, { sku, reason })] };
      }
      default:
        return stay(state);
    }
  };

  function kept(done: readonly string[], orderId: string): readonly string[] {
    return remember === 0 ? [] : [...done, orderId].slice(-remember);
  }
}

function changed(
  sku: string,
  state: NonNullable<StockState>,
  answers: readonly OutgoingEvent[] = [],
): Step<StockState> {
  const { onHand } = state;
  const available = availableOf(state);
  const level = stock.say('StockLevel', sku, { sku, onHand, reserved: onHand - available, available });
  return { state, events: [...answers, level] };
}

function availableOf({ onHand, reserved }: NonNullable<StockState>): number {
  return Object.values(reserved).reduce((left, quantity) => left - quantity, onHand);
}
