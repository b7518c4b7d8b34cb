/** An amount of money. */
export interface Money {
  /** In the currency's minor unit, such as cents. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: 'EUR';
}

/** Something that is for sale. */
export interface Product {
  /** Stock keeping unit: the product's name among machines. */
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly price: Money;
}

const euros = (cents: number): Money => ({ amount: cents, currency: 'EUR' });

/** Everything that is for sale. */
export const CATALOGUE: readonly Product[] = [
  {
    sku: 'flour-rye',
    name: 'Rye flour, 1 kg',
    description: 'Whole grain, milled on stone this week.',
    price: euros(349),
  },
  {
    sku: 'flour-spelt',
    name: 'Spelt flour, 1 kg',
    description: 'Light and nutty, for bread and cake.',
    price: euros(429),
  },
  {
    sku: 'oats',
    name: 'Rolled oats, 500 g',
    description: 'Rolled the day they are packed.',
    price: euros(219),
  },
  {
    sku: 'sourdough',
    name: 'Sourdough starter',
    description: 'Dried; awake again after two days and two feedings.',
    price: euros(590),
  },
  {
    sku: 'basket',
    name: 'Proving basket',
    description: 'Rattan, for loaves of up to 1 kg.',
    price: euros(1890),
  },
  {
    sku: 'millstone',
    name: 'Hand mill',
    description: 'Granite stones, beech wood, a lifetime of flour.',
    price: euros(24900),
  },
];

const bySku: ReadonlyMap<string, Product> = new Map(CATALOGUE.map((product) => [product.sku, product]));

export function productOf(sku: string): Product | undefined {
  return bySku.get(sku);
}
