export interface Money {
  /** In the currency's minor unit, such as cents. */
  readonly amount: number;
  /** ISO 4217, such as EUR. */
  readonly currency: string;
}

/** How many digits of the amount follow the decimal point: 2 for EUR, 0 for JPY. */
function digitsOf(currency: string): number {
  return format(currency).resolvedOptions().maximumFractionDigits ?? 2;
}

const format = (currency: string) => new Intl.NumberFormat('en-IE', { style: 'currency', currency });

/** As a customer reads it: `€3.49`. */
export function moneyText({ amount, currency }: Money): string {
  return format(currency).format(amount / 10 ** digitsOf(currency));
}

/** An amount in the major unit, as people type it, in minor units. `undefined`: it is not an amount of this currency. */
export function minorUnits(major: number | string, currency: string): number | undefined {
  const exact = Number(major) * 10 ** digitsOf(currency);
  const amount = Math.round(exact);
  // 3.49 * 100 is 349.00000000000006.
  return major === '' || !Number.isFinite(exact) || Math.abs(exact - amount) > 1e-6 ? undefined : amount;
}

export const majorUnits = ({ amount, currency }: Money): number => amount / 10 ** digitsOf(currency);

export function sumOf(lines: readonly { readonly quantity: number; readonly unitPrice: Money }[]): Money {
  const currency = lines[0]?.unitPrice.currency ?? 'EUR';
  return {
    amount: lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice.amount, 0),
    currency,
  };
}
