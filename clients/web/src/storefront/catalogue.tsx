import type { ClientError, Step } from 'millrace-client';
import { useSubscription } from 'millrace-client/react';
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { useQuery } from './ask.js';
import type { Money } from './money.js';
import {
  CatalogueDocument,
  type CatalogueQuery,
  PriceOfDocument,
  type PriceOfSubscription,
  StockOfDocument,
} from './operations.js';
import { useSession } from './session.js';
import { useFold } from './use-fold.js';

export type Product = CatalogueQuery['catalogue'][number];
export type Stock = Product['stock'];

interface Catalogue {
  /** `undefined`: not loaded yet. */
  readonly products: readonly Product[] | undefined;
  readonly error: ClientError | undefined;
  /** The name of a product; its SKU while the name is not known. */
  readonly nameOf: (sku: string) => string;
}

const CatalogueContext = createContext<Catalogue | undefined>(undefined);

export function CatalogueProvider({ children }: { readonly children: ReactNode }) {
  const { client, name } = useSession();
  const { data, error } = useQuery(client, CatalogueDocument, name);
  const catalogue = useMemo<Catalogue>(() => {
    const products = data?.catalogue;
    return {
      products,
      error,
      nameOf: (sku) => products?.find((product) => product.sku === sku)?.name ?? sku,
    };
  }, [data, error]);
  return <CatalogueContext value={catalogue}>{children}</CatalogueContext>;
}

export function useCatalogue(): Catalogue {
  const catalogue = useContext(CatalogueContext);
  if (catalogue === undefined) throw new Error('There is no CatalogueProvider.');
  return catalogue;
}

/** The stock of a product now. D2: the snapshot comes first, and then every change after it. */
export function useStock({ sku, stock }: Product): Stock {
  const { client } = useSession();
  const { data } = useSubscription(client, StockOfDocument, { variables: { sku }, snapshot: true });
  // A product that was never sold has no snapshot.
  return data?.stockLevel ?? stock;
}

/** The price of a product now. */
export function usePrice({ sku, price }: Product): Money {
  const { client } = useSession();
  const { value } = useFold({ client, document: PriceOfDocument, variables: { sku }, fold: priceAfter });
  return value ?? price;
}

function priceAfter(price: Money | undefined, { data }: Step<PriceOfSubscription>): Money | undefined {
  const next = data?.priceChanges;
  switch (next?.__typename) {
    case 'Money':
      return { amount: next.amount, currency: next.currency };
    case 'PriceChanged':
      return next.price;
    default:
      return price;
  }
}
