// Amounts of money, and sums that are exact or refused.

/** An amount of money. */
export interface Money {
  /** In the currency's minor unit, such as cents. */
  readonly amount: number;
  /** ISO 4217, such as EUR. */
  readonly currency: string;
}

/** The largest GraphQL Int. */
export const MAX_AMOUNT = 2_147_483_647;

type Sum =
  | { readonly ok: true; readonly total: Money }
  | {
      readonly ok: false;
      readonly problem: 'AMOUNT_TOO_LARGE' | 'CURRENCY_MISMATCH';
      readonly reason: string;
    };

/** The total of some lines: never rounded, never wrapped around, never in two currencies. */
export function sumOf(items: readonly { readonly unitPrice: Money; readonly quantity: number }[]): Sum {
  const currency = items[0]?.unitPrice.currency ?? 'EUR';
  let amount = 0;
  for (const { unitPrice, quantity } of items) {
    if (unitPrice.currency !== currency) {
      const reason = `Prices in ${currency} and in ${unitPrice.currency} cannot be added.`;
      return { ok: false, problem: 'CURRENCY_MISMATCH', reason };
    }
    amount += unitPrice.amount * quantity;
    // Checked at each step: a sum beyond exact integers could otherwise come back into range, and be wrong.
    if (!Number.isSafeInteger(amount) || amount > MAX_AMOUNT) {
      return { ok: false, problem: 'AMOUNT_TOO_LARGE', reason: 'The amount is too large.' };
    }
  }
  return { ok: true, total: { amount, currency } };
}
