import { describe, expect, it } from 'vitest';
import {
  addDecimals,
  compareDecimals,
  decimalText,
  multiplyDecimals,
  parseDecimal,
} from '../../src/core/decimal-number.js';

const of = (text: string) => {
  const decimal = parseDecimal(text);
  if (decimal === undefined) throw new Error(`${text} is none`);
  return decimal;
};

describe('decimal numbers', () => {
  it.each([
    ['12.50', '12.50'],
    ['-0.05', '-0.05'],
    ['+7', '7'],
    ['1e3', '1000'],
    ['1.25e-3', '0.00125'],
    ['123456789012345678901234567890.123456789', '123456789012345678901234567890.123456789'],
  ])('%s is read exactly, and written as %s', (text, written) => {
    expect(decimalText(of(text))).toBe(written);
  });

  it.each(['', '.5', '5.', '1,5', '1e9999', '1e-5000', '9'.repeat(1001), 'NaN', '0x10'])(
    'S4: %s is none',
    (text) => {
      expect(parseDecimal(text)).toBeUndefined();
    },
  );

  it('are compared and calculated with exactly', () => {
    expect(compareDecimals(of('9.9'), of('10'))).toBeLessThan(0);
    expect(compareDecimals(of('1.50'), of('1.5'))).toBe(0);
    expect(decimalText(addDecimals(of('0.1'), of('0.2')))).toBe('0.3');
    expect(decimalText(multiplyDecimals(of('0.10'), of('3')))).toBe('0.30');
  });
});
