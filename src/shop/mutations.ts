// Resolvers of mutations that need code: they look up prices and check the input before they publish.
import type { OutcomeOptions, ResolverCall, TypenameOf, WithTypename } from 'millrace';
import { type Product, productOf } from './catalogue.js';
import type { Money } from './money.js';
import { checkOrder, quantityError } from './order-lines.js';
import { type OrderOutcome, orderResult, problemResult } from './order-results.js';
import type {
  CartChanged,
  CartRefused,
  CheckOutRefused,
  InvalidQuantity,
  MutationResolvers,
  StockLevel,
  StockNotAdded,
  UnknownProduct,
} from './schema-types.js';
import { carts, orders, type PricedLine, stock } from './topics.js';
import { pricesView } from './views.js';

type Resolvers = Required<MutationResolvers>;

/** Invalid input is refused at once, without an event. */
export const placeOrder: Resolvers['placeOrder'] = async (call) => {
  const { orderId, lines: requested, delivery, currency } = call.args.input;
  const lines: PricedLine[] = [];
  for (const { sku, quantity } of requested) {
    const product = productOf(sku);
    if (product === undefined) return unknownProduct(sku);
    lines.push({ sku, quantity, unitPrice: await priceOf(call, product) });
  }
  const checked = checkOrder(lines);
  if (!checked.ok) return problemResult(checked);
  const { total } = checked;
  if (currency != null && currency !== total.currency) {
    return { __typename: 'CurrencyMismatch', reason: `The prices are in ${total.currency}.` };
  }
  const data = { orderId, customerId: customerOf(call), lines: [...checked.lines], delivery };
  const placed = orders.event('OrderPlaced', orderId, data);
  return orderResult(await call.publish<OrderOutcome>(placed, { outcome: outcomeOf(orderId) }));
};

/** The cart service makes the order: only it knows what is in the cart, and whether the cart is closed. */
export const checkOut: Resolvers['checkOut'] = async (call) => {
  const { orderId, delivery } = call.args.input;
  const customerId = customerOf(call);
  const request = carts.event('CheckOutRequested', customerId, { orderId, customerId, delivery });
  const order = outcomeOf(orderId);
  const types = [...order.types, 'CheckOutRefused'] as const;
  // The event goes to the cart's topic; the outcome is awaited on the order's.
  const outcome = { ...order, types, topic: orders.topic, key: orderId };
  return orderResult(await call.publish<OrderOutcome | CheckOutRefused>(request, { outcome }));
};

export const setCartLine: Resolvers['setCartLine'] = async (call) => {
  const { sku, quantity } = call.args;
  const product = productOf(sku);
  if (product === undefined) return unknownProduct(sku);
  const error = quantity === 0 ? undefined : quantityError(sku, quantity);
  if (error !== undefined) return invalidQuantity(sku, error);
  const customerId = customerOf(call);
  const line = { sku, quantity, unitPrice: await priceOf(call, product) };
  const answer = await call.publish<CartChanged | CartRefused>(
    carts.event('SetCartLine', customerId, { customerId, line }),
    { outcome: { types: ['CartChanged', 'CartRefused'], within: '10s' } },
  );
  return answer.__typename === 'CartChanged' ? { ...answer, __typename: 'Cart' } : answer;
};

export const addStock: Resolvers['addStock'] = async ({ args: { sku, quantity }, publish }) => {
  if (productOf(sku) === undefined) return unknownProduct(sku);
  const error = quantityError(sku, quantity);
  if (error !== undefined) return invalidQuantity(sku, error);
  return publish<StockLevel | StockNotAdded>(stock.event('AddStock', sku, { sku, quantity }), {
    outcome: { types: ['StockLevel', 'StockNotAdded'], within: '10s' },
  });
};

/** The current price of a product. */
export async function priceOf({ view }: Pick<ResolverCall, 'view'>, product: Product): Promise<Money> {
  return (await view(pricesView).get(product.sku)) ?? product.price;
}

/** A client whose wait for the outcome times out is pointed to the events of the order. */
function outcomeOf(orderId: string): OutcomeOptions<TypenameOf<OrderOutcome>> {
  const types = ['OrderConfirmed', 'OrderRejected', 'OrderCancelled', 'OrderIdTaken'] as const;
  return { types, within: '15s', follow: { field: 'orderEvents', args: { orderId } } };
}

/** `@auth` in the schema rejects callers without a `sub`. */
function customerOf({ claims }: Pick<ResolverCall, 'claims'>): string {
  return String(claims['sub']);
}

function unknownProduct(sku: string): WithTypename<UnknownProduct> {
  return { __typename: 'UnknownProduct', sku, reason: `There is no product ${JSON.stringify(sku)}.` };
}

function invalidQuantity(sku: string, reason: string): WithTypename<InvalidQuantity> {
  return { __typename: 'InvalidQuantity', sku, reason };
}
