import type { ResolverCall, ResolverMap } from 'millrace';
import { CATALOGUE, productOf } from './catalogue.js';
import { stock } from './messages.js';
import { quantityProblem } from './order-lines.js';
import { checkOut, placeOrder, type Result, setCartLine, unknownProduct } from './placing.js';

interface SkuArgs {
  readonly sku: string;
}

/** What the directives do not say. */
export const resolvers = {
  Query: {
    catalogue: () => CATALOGUE,
    product: ({ args }: ResolverCall<SkuArgs>) => productOf(args.sku) ?? null,
  },
  Mutation: { placeOrder, checkOut, setCartLine, addStock },
} satisfies ResolverMap;

async function addStock({
  args: { sku, quantity },
  publish,
}: ResolverCall<SkuArgs & { readonly quantity: number }>): Promise<Result> {
  if (productOf(sku) === undefined) return unknownProduct(sku);
  const wrong = quantityProblem(sku, quantity);
  if (wrong !== undefined) return { __typename: 'InvalidQuantity', sku, reason: wrong };
  const answer = await publish(stock.say('AddStock', sku, { sku, quantity }), {
    outcome: { types: ['StockLevel', 'StockNotAdded'], within: '10s' },
  });
  return { ...answer, __typename: String(answer['__typename']) };
}
