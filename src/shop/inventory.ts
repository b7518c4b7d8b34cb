// The inventory service: keeps the stock of each SKU, and reserves it for orders.
import type { OutgoingEvent, Service } from 'millrace';
import { openingStock } from './catalogue.js';
import { machineService, quiet, type StateMachine, type Step } from './state-machine.js';
import { orders, stock } from './topics.js';

/** The stock of one SKU; `null` before its first event. */
export type StockState = {
  /** In the warehouse, reserved or not. */
  readonly onHand: number;
  /** Reserved quantities, by order id. */
  readonly reserved: Readonly<Record<string, number>>;
  /** The last orders whose reservation was refused, released or taken, newest last. */
  readonly done: readonly string[];
} | null;

interface InventoryOptions {
  /** The stock of a SKU at the beginning. */
  readonly opening?: (sku: string) => number;
  /** How many finished orders are remembered for each SKU (50). */
  readonly rememberedOrders?: number;
}

/** The largest GraphQL Int. */
const MAX_STOCK = 2_147_483_647;

/** Keeps the stock of each SKU. Stock that is reserved for one order is not available to another. */
export function inventoryService(options: InventoryOptions = {}): Service<StockState> {
  return machineService<StockState>('inventory', stock.topic, null, inventoryMachine(options));
}

/**
 * A repeated command publishes nothing: its answer is in the log already. Finished orders are remembered for a
 * while. A command that is repeated even later reserves again; the order service, which forgets no order, then
 * has the reservation released.
 */
export function inventoryMachine({
  opening = openingStock,
  rememberedOrders = 50,
}: InventoryOptions = {}): StateMachine<StockState> {
  return (state, event) => {
    const message = stock.read(event);
    if (message === undefined || message.sku !== event.key) return quiet(state);
    const now = state ?? { onHand: opening(message.sku), reserved: {}, done: [] };
    switch (message.type) {
      case 'ReserveStock': {
        const { orderId, customerId, sku, quantity } = message;
        if (Object.hasOwn(now.reserved, orderId) || now.done.includes(orderId)) return quiet(state);
        const available = availableOf(now);
        if (quantity > available) {
          const data = { orderId, customerId, sku, wanted: quantity, available };
          return {
            state: { ...now, done: remember(now.done, orderId) },
            events: [orders.event('StockRefused', orderId, data)],
          };
        }
        const answer = orders.event('StockReserved', orderId, { orderId, customerId, sku, quantity });
        return changed(sku, { ...now, reserved: { ...now.reserved, [orderId]: quantity } }, [answer]);
      }
      case 'ReleaseStock':
      case 'TakeStock': {
        const { [message.orderId]: quantity, ...reserved } = now.reserved;
        if (quantity === undefined) return quiet(state);
        const onHand = message.type === 'TakeStock' ? now.onHand - quantity : now.onHand;
        return changed(message.sku, { onHand, reserved, done: remember(now.done, message.orderId) });
      }
      case 'AddStock': {
        const { sku, quantity } = message;
        if (now.onHand + quantity <= MAX_STOCK)
          return changed(sku, { ...now, onHand: now.onHand + quantity });
        const reason = `The stock of ${sku} cannot exceed ${MAX_STOCK}.`;
        return { state, events: [stock.event('StockNotAdded', sku, { sku, reason })] };
      }
      default:
        return quiet(state);
    }
  };

  function remember(done: readonly string[], orderId: string): readonly string[] {
    return rememberedOrders === 0 ? [] : [...done, orderId].slice(-rememberedOrders);
  }
}

function changed(
  sku: string,
  state: NonNullable<StockState>,
  answers: readonly OutgoingEvent[] = [],
): Step<StockState> {
  const { onHand } = state;
  const available = availableOf(state);
  const level = stock.event('StockLevel', sku, { sku, onHand, reserved: onHand - available, available });
  return { state, events: [...answers, level] };
}

function availableOf({ onHand, reserved }: NonNullable<StockState>): number {
  return Object.values(reserved).reduce((left, quantity) => left - quantity, onHand);
}
