// The cart service: keeps each customer's cart, and turns it into an order at checkout.
import type { Service } from 'millrace';
import { sumOf } from './money.js';
import { MAX_LINES } from './order-lines.js';
import { machineService, quiet, type StateMachine, type Step } from './state-machine.js';
import { carts, orders, type PricedLine } from './topics.js';

/** A customer's cart. */
export interface CartState {
  readonly lines: readonly PricedLine[];
  /** The order in progress that was made of this cart. Until it is confirmed or ends, the cart is closed. */
  readonly closedBy: string | null;
}

export function cartService(): Service<CartState> {
  return machineService<CartState>('cart', carts.topic, { lines: [], closedBy: null }, cartMachine);
}

export const cartMachine: StateMachine<CartState> = (state, event) => {
  const message = carts.read(event);
  if (message === undefined || message.customerId !== event.key) return quiet(state);
  const { customerId } = message;
  const refuse = (
    code: 'CART_CLOSED' | 'TOO_MANY_LINES' | 'AMOUNT_TOO_LARGE' | 'CURRENCY_MISMATCH',
    reason: string,
  ) => ({
    state,
    events: [carts.event('CartRefused', customerId, { customerId, code, reason })],
  });
  switch (message.type) {
    case 'SetCartLine': {
      if (state.closedBy !== null) return refuse('CART_CLOSED', CLOSED);
      const others = state.lines.filter(({ sku }) => sku !== message.line.sku);
      const lines = message.line.quantity > 0 ? [...others, message.line] : others;
      if (lines.length > MAX_LINES)
        return refuse('TOO_MANY_LINES', `A cart can have at most ${MAX_LINES} products.`);
      const sum = sumOf(lines);
      return sum.ok ? changed(customerId, { ...state, lines }) : refuse(sum.problem, sum.reason);
    }
    case 'CheckOutRequested': {
      const { orderId, delivery } = message;
      const code = state.closedBy !== null ? 'CART_CLOSED' : 'CART_EMPTY';
      if (state.closedBy !== null || state.lines.length === 0) {
        const reason = state.closedBy !== null ? CLOSED : 'The cart is empty.';
        const data = { orderId, customerId, code, reason } as const;
        return { state, events: [orders.event('CheckOutRefused', orderId, data)] };
      }
      const closed = changed(customerId, { ...state, closedBy: orderId });
      const order = { orderId, customerId, lines: [...state.lines], delivery, fromCart: true };
      return { state: closed.state, events: [...closed.events, orders.event('OrderPlaced', orderId, order)] };
    }
    case 'OpenCart':
      if (state.closedBy !== message.orderId) return quiet(state);
      return changed(customerId, { lines: message.keepLines ? state.lines : [], closedBy: null });
    default:
      return quiet(state);
  }
};

const CLOSED = 'The cart is closed while its order is being placed.';

function changed(customerId: string, state: CartState): Step<CartState> {
  const sum = sumOf(state.lines);
  const total = sum.ok ? sum.total : { amount: 0, currency: 'EUR' };
  const data = { customerId, lines: [...state.lines], total, closedBy: state.closedBy };
  return { state, events: [carts.event('CartChanged', customerId, data)] };
}
