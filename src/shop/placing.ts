import type { OutcomeOptions, ResolverCall } from 'millrace';
import { productOf } from './catalogue.js';
import { carts, type MessageOf, orders, type PricedLine } from './messages.js';
import type { Money } from './money.js';
import { type Checked, checkedOrder, quantityProblem } from './order-lines.js';
import type {
  MutationCheckOutArgs,
  MutationPlaceOrderArgs,
  MutationSetCartLineArgs,
} from './schema-types.js';

/** A member of a result union. */
export type Result = Readonly<Record<string, unknown>> & { readonly __typename: string };

/** What an order becomes. Whoever it takes too long for is sent on to the order's events. */
function becoming(orderId: string): OutcomeOptions {
  const types = ['OrderConfirmed', 'OrderRejected', 'OrderCancelled', 'OrderIdTaken'];
  return { types, within: '15s', follow: { field: 'orderEvents', args: { orderId } } };
}

/** What is wrong with an order is said at once, and then there is no event. */
export async function placeOrder(call: ResolverCall<MutationPlaceOrderArgs>): Promise<Result> {
  const { orderId, lines: wanted, delivery, currency } = call.args.input;
  const lines: PricedLine[] = [];
  for (const { sku, quantity } of wanted) {
    const unitPrice = await priceOf(call, sku);
    if (unitPrice === undefined) return unknownProduct(sku);
    lines.push({ sku, quantity, unitPrice });
  }
  const checked = checkedOrder(lines);
  if (!checked.ok) return problem(checked);
  const { total } = checked;
  if (currency != null && currency !== total.currency) {
    return { __typename: 'CurrencyMismatch', reason: `The prices are in ${total.currency}.` };
  }
  const data = { orderId, customerId: customerOf(call), lines: [...checked.lines], delivery };
  return ordered(
    await call.publish(orders.say('OrderPlaced', orderId, data), { outcome: becoming(orderId) }),
  );
}

/** The cart service makes the order: only it knows what is in the cart, and whether it is closed. */
export async function checkOut(call: ResolverCall<MutationCheckOutArgs>): Promise<Result> {
  const { orderId, delivery } = call.args.input;
  const customerId = customerOf(call);
  const wish = carts.say('CheckOutRequested', customerId, { orderId, customerId, delivery });
  const order = becoming(orderId);
  const types = [...order.types, 'CheckOutRefused'];
  return ordered(
    await call.publish(wish, { outcome: { ...order, types, topic: orders.topic, key: orderId } }),
  );
}

export async function setCartLine(call: ResolverCall<MutationSetCartLineArgs>): Promise<Result> {
  const { sku, quantity } = call.args;
  const unitPrice = await priceOf(call, sku);
  if (unitPrice === undefined) return unknownProduct(sku);
  const wrong = quantity === 0 ? undefined : quantityProblem(sku, quantity);
  if (wrong !== undefined) return { __typename: 'InvalidQuantity', sku, reason: wrong };
  const customerId = customerOf(call);
  const wish = carts.say('SetCartLine', customerId, { customerId, line: { sku, quantity, unitPrice } });
  const answer = await call.publish(wish, {
    outcome: { types: ['CartChanged', 'CartRefused'], within: '10s' },
  });
  return { ...answer, __typename: answer['__typename'] === 'CartChanged' ? 'Cart' : 'CartRefused' };
}

/** What a product costs now; `undefined` when there is none with this SKU. */
export async function priceOf({ view }: Pick<ResolverCall, 'view'>, sku: string): Promise<Money | undefined> {
  const product = productOf(sku);
  if (product === undefined) return undefined;
  // Only `pricesView` writes there.
  return ((await view('prices').get(sku)) as Money | null) ?? product.price;
}

export function unknownProduct(sku: string): Result {
  return { __typename: 'UnknownProduct', sku, reason: `There is no product ${JSON.stringify(sku)}.` };
}

/** The schema's `@auth` lets nobody through without a `sub`. */
export function customerOf({ claims }: Pick<ResolverCall, 'claims'>): string {
  return String(claims['sub']);
}

function problem({ code, reason, sku }: Extract<Checked, { ok: false }>): Result {
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

type Answer = MessageOf<(typeof orders)['shapes']>;

/** What became of an order, as the schema's union has it. */
function ordered(answer: Readonly<Record<string, unknown>>): Result {
  // The gateway waited for one of the types above, which only the shop's services say.
  const outcome = { ...answer, type: answer['__typename'] } as unknown as Answer;
  switch (outcome.type) {
    case 'OrderConfirmed': {
      const { confirmedAt: updatedAt, ...order } = outcome;
      const none = { reason: null, trackingId: null };
      return { ...order, ...none, __typename: 'Order', status: 'CONFIRMED', updatedAt };
    }
    case 'OrderRejected': {
      const { orderId, customerId, code, reason, ...about } = outcome;
      if (code === 'OUT_OF_STOCK') return { ...about, orderId, reason, __typename: 'OutOfStock' };
      if (code === 'PAYMENT_DECLINED') return { __typename: 'PaymentDeclined', orderId, customerId, reason };
      return { ...outcome, __typename: outcome.type };
    }
    default:
      return { ...outcome, __typename: outcome.type };
  }
}
