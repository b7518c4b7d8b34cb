// The catalogue: what is for sale, and the service that changes prices.
import type { Service } from 'millrace';
import { MAX_AMOUNT, type Money } from './money.js';
import { machineService, quiet, type StateMachine } from './state-machine.js';
import { products } from './topics.js';

/** Something that is for sale. */
export interface Product {
  /** Stock keeping unit: the id of the product. */
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  /** The list price, until `changePrice` sets another one. */
  readonly price: Money;
  /** The stock at the beginning. */
  readonly opening: number;
}

const euros = (cents: number): Money => ({ amount: cents, currency: 'EUR' });

/** Everything that is for sale. */
export const CATALOGUE: readonly Product[] = [
  {
    sku: 'flour-rye',
    name: 'Rye flour, 1 kg',
    description: 'Whole grain, milled on stone this week.',
    price: euros(349),
    opening: 500,
  },
  {
    sku: 'flour-spelt',
    name: 'Spelt flour, 1 kg',
    description: 'Light and nutty, for bread and cake.',
    price: euros(429),
    opening: 300,
  },
  {
    sku: 'oats',
    name: 'Rolled oats, 500 g',
    description: 'Rolled the day they are packed.',
    price: euros(219),
    opening: 400,
  },
  {
    sku: 'sourdough',
    name: 'Sourdough starter',
    description: 'Dried; active again after two days and two feedings.',
    price: euros(590),
    opening: 120,
  },
  {
    sku: 'basket',
    name: 'Proving basket',
    description: 'Rattan, for loaves of up to 1 kg.',
    price: euros(1890),
    opening: 40,
  },
  {
    sku: 'millstone',
    name: 'Hand mill',
    description: 'Granite stones, beech wood, a lifetime of flour.',
    price: euros(24900),
    opening: 3,
  },
  {
    sku: 'voucher',
    name: 'Voucher for a baking class in Zürich',
    description: 'A day at the oven. Paid in francs, so it is an order of its own.',
    price: { amount: 12000, currency: 'CHF' },
    opening: 12,
  },
];

const bySku: ReadonlyMap<string, Product> = new Map(CATALOGUE.map((product) => [product.sku, product]));

export function productOf(sku: string): Product | undefined {
  return bySku.get(sku);
}

/** The stock of a SKU before its first event. */
export function openingStock(sku: string): number {
  return productOf(sku)?.opening ?? 0;
}

/** The current price of a product; `null`: the list price. */
export type PriceState = Money | null;

/** Changes prices. Orders and carts contain the prices at which they were made, so they stay as they are. */
export function catalogueService(): Service<PriceState> {
  return machineService<PriceState>('catalogue', products.topic, null, catalogueMachine);
}

export const catalogueMachine: StateMachine<PriceState> = (state, event) => {
  const message = products.read(event);
  if (message?.type !== 'ChangePrice' || message.sku !== event.key) return quiet(state);
  const { sku, price } = message;
  const before = state ?? productOf(sku)?.price;
  const reason =
    before === undefined
      ? `There is no product ${JSON.stringify(sku)}.`
      : before.currency !== price.currency
        ? `The price of ${sku} must be in ${before.currency}.`
        : price.amount < 0 || price.amount > MAX_AMOUNT
          ? `A price must be between 0 and ${MAX_AMOUNT}.`
          : undefined;
  if (before === undefined || reason !== undefined) {
    return {
      state,
      events: [products.event('PriceNotChanged', sku, { sku, reason: reason ?? '' })],
    };
  }
  return { state: price, events: [products.event('PriceChanged', sku, { sku, price, before })] };
};
