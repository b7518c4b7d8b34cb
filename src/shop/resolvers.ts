import { CATALOGUE, openingStock, productOf } from './catalogue.js';
import { stock } from './messages.js';
import { quantityProblem } from './order-lines.js';
import { checkOut, placeOrder, priceOf, setCartLine, unknownProduct } from './placing.js';
import type { MutationResolvers, Resolvers, StockLevel, StockNotAdded } from './schema-types.js';
import { stockView } from './views.js';

const addStock: Required<MutationResolvers>['addStock'] = async ({ args: { sku, quantity }, publish }) => {
  if (productOf(sku) === undefined) return unknownProduct(sku);
  const wrong = quantityProblem(sku, quantity);
  if (wrong !== undefined) return { __typename: 'InvalidQuantity', sku, reason: wrong };
  return publish<StockLevel | StockNotAdded>(stock.say('AddStock', sku, { sku, quantity }), {
    outcome: { types: ['StockLevel', 'StockNotAdded'], within: '10s' },
  });
};

/** What the directives do not say. */
export const resolvers = {
  Query: {
    catalogue: (call) =>
      CATALOGUE.map(async (product) => ({ ...product, price: await priceOf(call, product) })),
    async product(call) {
      const product = productOf(call.args.sku);
      return product === undefined ? null : { ...product, price: await priceOf(call, product) };
    },
    async stock({ args: { sku }, view }) {
      if (productOf(sku) === undefined) return null;
      const onHand = openingStock(sku);
      return (await view(stockView).get(sku)) ?? { sku, onHand, reserved: 0, available: onHand };
    },
  },
  Mutation: { placeOrder, checkOut, setCartLine, addStock },
} satisfies Resolvers;
