import type { Service } from 'millrace';
import { products } from './messages.js';
import { MOST_MONEY, type Money } from './money.js';
import { type Machine, serviceOf, stay } from './step.js';

/** Something that is for sale. */
export interface Product {
  /** Stock keeping unit: the product's name among machines. */
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  /** Until it is changed. */
  readonly price: Money;
  /** How many there are in the beginning. */
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
    description: 'Dried; awake again after two days and two feedings.',
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

/** How many of a SKU there are before anything happened to it. */
export function openingStock(sku: string): number {
  return productOf(sku)?.opening ?? 0;
}

/** The price that a product has from now on; `null` while it is that of the catalogue. */
export type PriceState = Money | null;

/** Keeps prices. Orders and carts have the prices of when they were made, so nothing of theirs changes. */
export function catalogueService(): Service<PriceState> {
  return serviceOf<PriceState>('catalogue', products.topic, null, catalogueMachine);
}

export const catalogueMachine: Machine<PriceState> = (state, event) => {
  const message = products.read(event);
  if (message?.type !== 'ChangePrice' || message.sku !== event.key) return stay(state);
  const { sku, price } = message;
  const before = state ?? productOf(sku)?.price;
  const reason =
    before === undefined
      ? `There is no product ${JSON.stringify(sku)}.`
      : before.currency !== price.currency
        ? `The price of ${sku} is in ${before.currency}.`
        : price.amount < 0 || price.amount > MOST_MONEY
          ? `A price is 0 to ${MOST_MONEY}.`
          : undefined;
  if (before === undefined || reason !== undefined) {
    return {
      state,
      events: [products.say('PriceNotChanged', sku, { sku, reason: reason ?? '' })],
    };
  }
  return { state: price, events: [products.say('PriceChanged', sku, { sku, price, before })] };
};
