/** A number of JSON: sign, whole part, fraction and exponent. */
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * All digits of the integer that a number of JSON is, so that 1e21, 1.0e+21 and 1000000000000000000000 are one text.
 * `undefined`: it has a fraction, or is not a number of JSON.
 *
 * Of a double, `String` gives the fewest digits that read as it. So what one of at most 15 digits was written with
 * is what this returns.
 */
export function integerDigits(number: string): string | undefined {
  const [matched, sign, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(number) ?? [];
  if (matched === undefined) return undefined;
  const zeros = Number(exponent) - fraction.length;
  const written = whole + fraction;
  const digits = zeros < 0 ? written.slice(0, zeros) : written + '0'.repeat(zeros);
  if (zeros < 0 && /[1-9]/.test(written.slice(zeros))) return undefined;
  const significant = digits.replace(/^0+/, '');
  return significant === '' ? '0' : `${sign}${significant}`;
}
