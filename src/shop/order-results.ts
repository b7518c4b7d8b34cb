// What placing an order answers: events and problems, as members of the schema's union PlaceOrderResult.
import type { WithTypename } from 'millrace';
import type { OrderProblem } from './order-lines.js';
import type {
  CheckOutRefused,
  OrderCancelled,
  OrderConfirmed,
  OrderIdTaken,
  OrderRejected,
  PlaceOrderResult,
} from './schema-types.js';

/** The events that end the wait of `placeOrder`. */
export type OrderOutcome = OrderConfirmed | OrderRejected | OrderCancelled | OrderIdTaken;

/** The result for an order that was never placed, because its input is invalid. */
export function problemResult({ code, reason, sku }: OrderProblem): WithTypename<PlaceOrderResult> {
  switch (code) {
    case 'INVALID_QUANTITY':
      return { __typename: 'InvalidQuantity', sku, reason };
    case 'AMOUNT_TOO_LARGE':
      return { __typename: 'AmountTooLarge', reason };
    case 'CURRENCY_MISMATCH':
      return { __typename: 'CurrencyMismatch', reason };
    default:
      return { __typename: 'InvalidOrder', code, reason };
  }
}

/** The result for an order that was placed. */
export function orderResult(
  outcome: WithTypename<OrderOutcome | CheckOutRefused>,
): WithTypename<PlaceOrderResult> {
  switch (outcome.__typename) {
    case 'OrderConfirmed': {
      const { confirmedAt: updatedAt, ...order } = outcome;
      return { ...order, __typename: 'Order', status: 'CONFIRMED', updatedAt };
    }
    case 'OrderRejected': {
      const { orderId, customerId, code, reason, sku, wanted, available } = outcome;
      if (code === 'OUT_OF_STOCK' && sku != null && wanted != null && available != null)
        return { __typename: 'OutOfStock', orderId, sku, wanted, available, reason };
      if (code === 'PAYMENT_DECLINED') return { __typename: 'PaymentDeclined', orderId, customerId, reason };
      return outcome;
    }
    default:
      return outcome;
  }
}
