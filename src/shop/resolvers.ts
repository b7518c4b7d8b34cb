import type { ResolverCall, ResolverMap } from 'millrace';
import { CATALOGUE, openingStock, productOf } from './catalogue.js';
import { stock } from './messages.js';
import { quantityProblem } from './order-lines.js';
import { checkOut, placeOrder, priceOf, type Result, setCartLine, unknownProduct } from './placing.js';
import type { MutationAddStockArgs, QueryProductArgs, QueryStockArgs } from './schema-types.js';

/** What the directives do not say. */
export const resolvers = {
  Query: {
    catalogue: (call: ResolverCall) =>
      CATALOGUE.map(async (product) => ({ ...product, price: await priceOf(call, product.sku) })),
    async product(call: ResolverCall<QueryProductArgs>) {
      const { sku } = call.args;
      const product = productOf(sku);
      return product === undefined ? null : { ...product, price: await priceOf(call, sku) };
    },
    async stock({ args: { sku }, view }: ResolverCall<QueryStockArgs>) {
      if (productOf(sku) === undefined) return null;
      const onHand = openingStock(sku);
      return (await view('stock').get(sku)) ?? { sku, onHand, reserved: 0, available: onHand };
    },
  },
  Mutation: { placeOrder, checkOut, setCartLine, addStock },
} satisfies ResolverMap;

async function addStock({
  args: { sku, quantity },
  publish,
}: ResolverCall<MutationAddStockArgs>): Promise<Result> {
  if (productOf(sku) === undefined) return unknownProduct(sku);
  const wrong = quantityProblem(sku, quantity);
  if (wrong !== undefined) return { __typename: 'InvalidQuantity', sku, reason: wrong };
  const answer = await publish(stock.say('AddStock', sku, { sku, quantity }), {
    outcome: { types: ['StockLevel', 'StockNotAdded'], within: '10s' },
  });
  return { ...answer, __typename: String(answer['__typename']) };
}
