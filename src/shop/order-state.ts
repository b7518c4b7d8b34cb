// The state of an order, from its placement to its end. docs/shop.md draws the transitions.
import type { Money } from './money.js';
import type { MessageOf } from './topic.js';
import type { orders, PricedLine, Rejection } from './topics.js';

export type OrderMessage = MessageOf<(typeof orders)['shapes']>;

/** An order that was accepted. */
export interface Order {
  readonly orderId: string;
  readonly customerId: string;
  /** One for each SKU. */
  readonly lines: readonly PricedLine[];
  readonly total: Money;
  readonly delivery: 'PARCEL' | 'PICKUP';
  readonly fromCart: boolean;
  readonly placedAt: string;
}

export type OrderIds = Pick<Order, 'orderId' | 'customerId'>;

/** Why an order fails. */
export type Failure =
  | {
      readonly how: 'REJECTED';
      readonly code: Rejection;
      readonly reason: string;
      readonly sku?: string;
      readonly wanted?: number;
      readonly available?: number;
    }
  | { readonly how: 'CANCELLED'; readonly reason: string | null };

export type OrderState =
  /** No order was placed under this id. */
  | { readonly at: 'UNKNOWN' }
  /** Waits for the inventory's answer about each SKU. */
  | {
      readonly at: 'RESERVING';
      readonly order: Order;
      /** The SKUs without an answer. */
      readonly waiting: readonly string[];
      readonly reserved: readonly string[];
      /** Set by the first refusal, or by the customer: the order fails once every answer is there. */
      readonly ending: Failure | null;
    }
  /** Waits for the payment service. `ending` is set if the customer has cancelled meanwhile. */
  | { readonly at: 'CHARGING'; readonly order: Order; readonly ending: Failure | null }
  /** Confirmed; waits for the shipping service. `cancel`: the customer's reason, if they want to cancel. */
  | { readonly at: 'SHIPPING'; readonly order: Order; readonly cancel: string | null }
  /** Waits for the refund, and fails then. */
  | { readonly at: 'REFUNDING'; readonly order: Order; readonly ending: Failure }
  /** Ended. Nothing of the order is left to undo. */
  | { readonly at: 'SHIPPED' | 'REJECTED' | 'CANCELLED'; readonly order: OrderIds };

/** The state while it is at one of these points. */
export type OrderAt<Name extends OrderState['at']> = Extract<OrderState, { at: Name }>;
