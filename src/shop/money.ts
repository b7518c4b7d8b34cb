/** An amount of money. */
export interface Money {
  /** In the currency's minor unit, such as cents. */
  readonly amount: number;
  /** ISO 4217, such as EUR. */
  readonly currency: string;
}

/** What a GraphQL Int can say. */
export const MOST_MONEY = 2_147_483_647;

export type Sum =
  | { readonly ok: true; readonly total: Money }
  | {
      readonly ok: false;
      readonly problem: 'AMOUNT_TOO_LARGE' | 'CURRENCY_MISMATCH';
      readonly reason: string;
    };

/** The price of so many each: never rounded, never wrapped, never of two currencies. */
export function sumOf(items: readonly { readonly unitPrice: Money; readonly quantity: number }[]): Sum {
  const currency = items[0]?.unitPrice.currency ?? 'EUR';
  let amount = 0;
  for (const { unitPrice, quantity } of items) {
    if (unitPrice.currency !== currency) {
      const reason = `Prices in ${currency} and in ${unitPrice.currency} cannot be added.`;
      return { ok: false, problem: 'CURRENCY_MISMATCH', reason };
    }
    amount += unitPrice.amount * quantity;
    // Each step is looked at: a sum that went past exact integers must not come back as a plausible one.
    if (!Number.isSafeInteger(amount) || amount > MOST_MONEY) {
      return { ok: false, problem: 'AMOUNT_TOO_LARGE', reason: 'The amount is too large.' };
    }
  }
  return { ok: true, total: { amount, currency } };
}
