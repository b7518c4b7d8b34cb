// Resolvers for the fields that need code. The directives in the schema do the rest.
import { CATALOGUE, openingStock, productOf } from './catalogue.js';
import { addStock, checkOut, placeOrder, priceOf, setCartLine } from './mutations.js';
import type { Resolvers } from './schema-types.js';
import { stockView } from './views.js';

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
