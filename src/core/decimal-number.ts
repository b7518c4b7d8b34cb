/** An exact decimal number: `unscaled` divided by 10 to the power of `scale`. */
export interface Decimal {
  readonly unscaled: bigint;
  /** Not negative. */
  readonly scale: number;
}

/** S4: conversion from digits takes more than linear time, and `1e999999999` would have as many of them. */
const MAX_DIGITS = 1_000;
const NUMBER = new RegExp(
  `^([+-]?)(\\d{1,${MAX_DIGITS}})(?:\\.(\\d{1,${MAX_DIGITS}}))?(?:[eE]([+-]?\\d{1,4}))?$`,
);

/** The number that a text is, also with an exponent. `undefined`: it is none, or has too many digits. */
export function parseDecimal(text: string): Decimal | undefined {
  const [matched, sign, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  const scale = fraction.length - Number(exponent);
  if (matched === undefined || Math.abs(scale) > MAX_DIGITS) return undefined;
  const magnitude = BigInt(whole + fraction + '0'.repeat(Math.max(0, -scale)));
  return { unscaled: sign === '-' ? -magnitude : magnitude, scale: Math.max(0, scale) };
}

/** With as many digits behind the point as its scale: `12.50`. */
export function decimalText({ unscaled, scale }: Decimal): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Negative, zero or positive, as for `Array.sort`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const [left, right] = aligned(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const [left, right, scale] = aligned(a, b);
  return { unscaled: left + right, scale };
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return { unscaled: a.unscaled * b.unscaled, scale: a.scale + b.scale };
}

/** Both as multiples of the smaller of their units. */
function aligned(a: Decimal, b: Decimal): readonly [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  const at = ({ unscaled, scale: own }: Decimal): bigint => unscaled * 10n ** BigInt(scale - own);
  return [at(a), at(b), scale];
}
