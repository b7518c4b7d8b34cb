import type { OutcomeOptions, ResolverCall, TypenameOf, WithTypename } from 'millrace';
import { type Product, productOf } from './catalogue.js';
import { carts, orders, type PricedLine } from './messages.js';
import type { Money } from './money.js';
import { checkedOrder, type Problem, quantityProblem } from './order-lines.js';
import type {
  CartChanged,
  CartRefused,
  CheckOutRefused,
  MutationResolvers,
  OrderCancelled,
  OrderConfirmed,
  OrderIdTaken,
  OrderRejected,
  PlaceOrderResult,
  UnknownProduct,
} from './schema-types.js';
import { pricesView } from './views.js';

type Answers = Required<MutationResolvers>;

/** What an order becomes. */
type Became = OrderConfirmed | OrderRejected | OrderCancelled | OrderIdTaken;

/** Whoever it takes too long for is sent on to the order's events. */
function becoming(orderId: string): OutcomeOptions<TypenameOf<Became>> {
  const types = ['OrderConfirmed', 'OrderRejected', 'OrderCancelled', 'OrderIdTaken'] as const;
  return { types, within: '15s', follow: { field: 'orderEvents', args: { orderId } } };
}

/** What is wrong with an order is said at once, and then there is no event. */
export const placeOrder: Answers['placeOrder'] = async (call) => {
  const { orderId, lines: wanted, delivery, currency } = call.args.input;
  const lines: PricedLine[] = [];
  for (const { sku, quantity } of wanted) {
    const product = productOf(sku);
    if (product === undefined) return unknownProduct(sku);
    lines.push({ sku, quantity, unitPrice: await priceOf(call, product) });
  }
  const checked = checkedOrder(lines);
  if (!checked.ok) return refusal(checked);
  const { total } = checked;
  if (currency != null && currency !== total.currency) {
    return { __typename: 'CurrencyMismatch', reason: `The prices are in ${total.currency}.` };
  }
  const data = { orderId, customerId: customerOf(call), lines: [...checked.lines], delivery };
  const placed = orders.say('OrderPlaced', orderId, data);
  return ordered(await call.publish<Became>(placed, { outcome: becoming(orderId) }));
};

/** The cart service makes the order: only it knows what is in the cart, and whether it is closed. */
export const checkOut: Answers['checkOut'] = async (call) => {
  const { orderId, delivery } = call.args.input;
  const customerId = customerOf(call);
  const wish = carts.say('CheckOutRequested', customerId, { orderId, customerId, delivery });
  const order = becoming(orderId);
  const types = [...order.types, 'CheckOutRefused'] as const;
  const outcome = { ...order, types, topic: orders.topic, key: orderId };
  return ordered(await call.publish<Became | CheckOutRefused>(wish, { outcome }));
};

export const setCartLine: Answers['setCartLine'] = async (call) => {
  const { sku, quantity } = call.args;
  const product = productOf(sku);
  if (product === undefined) return unknownProduct(sku);
  const wrong = quantity === 0 ? undefined : quantityProblem(sku, quantity);
  if (wrong !== undefined) return { __typename: 'InvalidQuantity', sku, reason: wrong };
  const customerId = customerOf(call);
  const line = { sku, quantity, unitPrice: await priceOf(call, product) };
  const answer = await call.publish<CartChanged | CartRefused>(
    carts.say('SetCartLine', customerId, { customerId, line }),
    { outcome: { types: ['CartChanged', 'CartRefused'], within: '10s' } },
  );
  return answer.__typename === 'CartChanged' ? { ...answer, __typename: 'Cart' } : answer;
};

/** What a product costs now. */
export async function priceOf({ view }: Pick<ResolverCall, 'view'>, product: Product): Promise<Money> {
  return (await view(pricesView).get(product.sku)) ?? product.price;
}

export function unknownProduct(sku: string): WithTypename<UnknownProduct> {
  return { __typename: 'UnknownProduct', sku, reason: `There is no product ${JSON.stringify(sku)}.` };
}

/** The schema's `@auth` lets nobody through without a `sub`. */
function customerOf({ claims }: Pick<ResolverCall, 'claims'>): string {
  return String(claims['sub']);
}

function refusal({ code, reason, sku }: Problem): WithTypename<PlaceOrderResult> {
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

/** What became of an order, as the schema's union has it. */
function ordered(outcome: WithTypename<Became | CheckOutRefused>): WithTypename<PlaceOrderResult> {
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
