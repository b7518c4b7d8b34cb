// Resolvers for the fields that need code. The directives in the schema do the rest.
import type { ResolverCall } from 'millrace';
import { CATALOGUE, openingStock, type Product, productOf } from './catalogue.js';
import { addStock, checkOut, placeOrder, priceOf, setCartLine } from './mutations.js';
import type { Resolvers } from './schema-types.js';
import { stockView } from './views.js';

type Views = Pick<ResolverCall, 'view'>;

export const resolvers = {
  Query: {
    catalogue: (call) => CATALOGUE.map((product) => shown(call, product)),
    product(call) {
      const product = productOf(call.args.sku);
      return product === undefined ? null : shown(call, product);
    },
    stock: (call) => (productOf(call.args.sku) === undefined ? null : stockOf(call, call.args.sku)),
  },
  Mutation: { placeOrder, checkOut, setCartLine, addStock },
} satisfies Resolvers;

async function shown(call: Views, product: Product) {
  const [price, stock] = await Promise.all([priceOf(call, product), stockOf(call, product.sku)]);
  return { ...product, price, stock };
}

async function stockOf({ view }: Views, sku: string) {
  const onHand = openingStock(sku);
  return (await view(stockView).get(sku)) ?? { sku, onHand, reserved: 0, available: onHand };
}
