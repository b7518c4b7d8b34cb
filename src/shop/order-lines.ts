// The rules for the lines of an order.

import { type Money, sumOf } from './money.js';
import type { PricedLine, Rejection } from './topics.js';

/** Lines in an order or a cart. */
export const MAX_LINES = 100;
/** Of one product in an order. */
const MAX_QUANTITY = 1_000;

export type CheckedOrder =
  | { readonly ok: true; readonly lines: readonly PricedLine[]; readonly total: Money }
  | OrderProblem;

export type OrderProblem = { readonly ok: false; readonly reason: string } & (
  | { readonly code: 'INVALID_QUANTITY'; readonly sku: string }
  | { readonly code: Exclude<Rejection, 'INVALID_QUANTITY'>; readonly sku?: never }
);

/** Merges the lines into one for each SKU, and adds them up; or describes what is wrong with them. */
export function checkOrder(lines: readonly PricedLine[]): CheckedOrder {
  if (lines.length === 0) return invalid('NO_LINES', 'The order has no lines.');
  if (lines.length > MAX_LINES)
    return invalid('TOO_MANY_LINES', `The order has more than ${MAX_LINES} lines.`);
  const merged = new Map<string, PricedLine>();
  for (const line of lines) {
    const error = quantityError(line.sku, line.quantity);
    if (error !== undefined) return invalidQuantity(line.sku, error);
    const before = merged.get(line.sku);
    const quantity = line.quantity + (before?.quantity ?? 0);
    const mergedError = quantityError(line.sku, quantity);
    if (mergedError !== undefined) return invalidQuantity(line.sku, mergedError);
    merged.set(line.sku, { ...line, quantity });
  }
  const each = [...merged.values()];
  const sum = sumOf(each);
  return sum.ok ? { ok: true, lines: each, total: sum.total } : invalid(sum.problem, sum.reason);
}

/** What is wrong with a quantity; `undefined`: nothing. */
export function quantityError(sku: string, quantity: number): string | undefined {
  if (Number.isInteger(quantity) && quantity >= 1 && quantity <= MAX_QUANTITY) return undefined;
  return `The quantity of ${sku} is ${quantity}; it must be between 1 and ${MAX_QUANTITY}.`;
}

const invalidQuantity = (sku: string, reason: string): OrderProblem => ({
  ok: false,
  code: 'INVALID_QUANTITY',
  reason,
  sku,
});

const invalid = (code: Exclude<Rejection, 'INVALID_QUANTITY'>, reason: string): OrderProblem => ({
  ok: false,
  code,
  reason,
});
