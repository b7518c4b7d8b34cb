import type { PricedLine, Rejection } from './messages.js';
import { type Money, sumOf } from './money.js';

export const MOST_LINES = 100;
export const MOST_OF_ONE = 1_000;

export type Checked =
  | { readonly ok: true; readonly lines: readonly PricedLine[]; readonly total: Money }
  | Problem;

export type Problem = { readonly ok: false; readonly reason: string } & (
  | { readonly code: 'INVALID_QUANTITY'; readonly sku: string }
  | { readonly code: Exclude<Rejection, 'INVALID_QUANTITY'>; readonly sku?: never }
);

/** The lines with one for each SKU, and what they come to; or why they are no order. */
export function checkedOrder(lines: readonly PricedLine[]): Checked {
  if (lines.length === 0) return no('NO_LINES', 'The order has no lines.');
  if (lines.length > MOST_LINES) return no('TOO_MANY_LINES', `The order has more than ${MOST_LINES} lines.`);
  const merged = new Map<string, PricedLine>();
  for (const line of lines) {
    const wrong = quantityProblem(line.sku, line.quantity);
    if (wrong !== undefined) return badQuantity(line.sku, wrong);
    const before = merged.get(line.sku);
    const quantity = line.quantity + (before?.quantity ?? 0);
    const together = quantityProblem(line.sku, quantity);
    if (together !== undefined) return badQuantity(line.sku, together);
    merged.set(line.sku, { ...line, quantity });
  }
  const each = [...merged.values()];
  const sum = sumOf(each);
  return sum.ok ? { ok: true, lines: each, total: sum.total } : no(sum.problem, sum.reason);
}

/** Why there cannot be so many; `undefined` when there can. */
export function quantityProblem(sku: string, quantity: number): string | undefined {
  if (Number.isInteger(quantity) && quantity >= 1 && quantity <= MOST_OF_ONE) return undefined;
  return `The quantity of ${sku} is ${quantity}; it can be 1 to ${MOST_OF_ONE}.`;
}

const badQuantity = (sku: string, reason: string): Problem => ({
  ok: false,
  code: 'INVALID_QUANTITY',
  reason,
  sku,
});

const no = (code: Exclude<Rejection, 'INVALID_QUANTITY'>, reason: string): Problem => ({
  ok: false,
  code,
  reason,
});
