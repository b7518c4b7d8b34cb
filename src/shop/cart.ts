import type { Service } from 'millrace';
import { carts, orders, type PricedLine } from './messages.js';
import { sumOf } from './money.js';
import { MOST_LINES } from './order-lines.js';
import { type Machine, type Step, serviceOf, stay } from './step.js';

/** A customer's cart. */
export interface CartState {
  readonly lines: readonly PricedLine[];
  /** The order that is made of it and has not ended: until then nothing in it changes. */
  readonly closedBy: string | null;
}

/** Keeps carts, and turns one into an order. */
export function cartService(): Service<CartState> {
  return serviceOf<CartState>('cart', carts.topic, { lines: [], closedBy: null }, cartMachine);
}

export const cartMachine: Machine<CartState> = (state, event) => {
  const message = carts.read(event);
  if (message === undefined || message.customerId !== event.key) return stay(state);
  const { customerId } = message;
  const refuse = (
    code: 'CART_CLOSED' | 'TOO_MANY_LINES' | 'AMOUNT_TOO_LARGE' | 'CURRENCY_MISMATCH',
    reason: string,
  ) => ({
    state,
    events: [carts.say('CartRefused', customerId, { customerId, code, reason })],
  });
  switch (message.type) {
    case 'SetCartLine': {
      if (state.closedBy !== null) return refuse('CART_CLOSED', CLOSED);
      const others = state.lines.filter(({ sku }) => sku !== message.line.sku);
      const lines = message.line.quantity > 0 ? [...others, message.line] : others;
      if (lines.length > MOST_LINES)
        return refuse('TOO_MANY_LINES', `A cart holds up to ${MOST_LINES} products.`);
      const sum = sumOf(lines);
      return sum.ok ? changed(customerId, { ...state, lines }) : refuse(sum.problem, sum.reason);
    }
    case 'CheckOutRequested': {
      const { orderId, delivery } = message;
      const code = state.closedBy !== null ? 'CART_CLOSED' : 'CART_EMPTY';
      if (state.closedBy !== null || state.lines.length === 0) {
        const reason = state.closedBy !== null ? CLOSED : 'The cart is empty.';
        const data = { orderId, customerId, code, reason } as const;
        return { state, events: [orders.say('CheckOutRefused', orderId, data)] };
      }
      const closed = changed(customerId, { ...state, closedBy: orderId });
      const order = { orderId, customerId, lines: [...state.lines], delivery, fromCart: true };
      return { state: closed.state, events: [...closed.events, orders.say('OrderPlaced', orderId, order)] };
    }
    case 'OpenCart':
      if (state.closedBy !== message.orderId) return stay(state);
      return changed(customerId, { lines: message.keepLines ? state.lines : [], closedBy: null });
    default:
      return stay(state);
  }
};

const CLOSED = 'An order is being made of the cart.';

function changed(customerId: string, state: CartState): Step<CartState> {
  const sum = sumOf(state.lines);
  const total = sum.ok ? sum.total : { amount: 0, currency: 'EUR' };
  const data = { customerId, lines: [...state.lines], total, closedBy: state.closedBy };
  return { state, events: [carts.say('CartChanged', customerId, data)] };
}
