import type { ServiceEvent } from 'millrace';

type Data = ServiceEvent['data'];

/** So many of one product. */
export interface Line {
  readonly sku: string;
  readonly quantity: number;
}

export interface Placed {
  readonly orderId: string;
  readonly customerId: string;
  readonly lines: readonly Line[];
}

export interface Cancelled {
  readonly orderId: string;
  readonly customerId: string;
}

/** The data of an OrderPlaced; `undefined` when it is not of that shape, as from a foreign producer. */
export function readPlaced(data: Data): Placed | undefined {
  const whose = readCancelled(data);
  const lines: unknown = data?.['lines'];
  if (whose === undefined || !Array.isArray(lines) || !lines.every(isLine)) return undefined;
  return { ...whose, lines };
}

/** The data of an OrderCancelled; `undefined` when it is not of that shape. */
export function readCancelled(data: Data): Cancelled | undefined {
  const orderId = data?.['orderId'];
  const customerId = data?.['customerId'];
  if (typeof orderId !== 'string' || typeof customerId !== 'string') return undefined;
  return { orderId, customerId };
}

function isLine(value: unknown): value is Line {
  return (
    typeof value === 'object' &&
    value !== null &&
    'sku' in value &&
    typeof value.sku === 'string' &&
    'quantity' in value &&
    typeof value.quantity === 'number'
  );
}
