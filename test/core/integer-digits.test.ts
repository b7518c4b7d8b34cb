import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integerDigits } from '../../src/core/integer-digits.js';

describe('the digits of an integer in JSON', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['0e99', '0'],
    ['7', '7'],
    ['7.0', '7'],
    ['-7.00e0', '-7'],
    ['70e-1', '7'],
    ['1e16', '10000000000000000'],
    ['1E+16', '10000000000000000'],
    ['1.2345678901234567e16', '12345678901234567'],
    ['1.5e1', '15'],
    ['0.0015e4', '15'],
    ['1.5', undefined],
    ['15e-2', undefined],
    ['1e-1', undefined],
    ['', undefined],
    ['seven', undefined],
    ['Infinity', undefined],
    ['NaN', undefined],
  ])('of %s are %s', (number, digits) => {
    expect(integerDigits(number)).toBe(digits);
  });

  it('are those that BigInt computes, wherever the point and the exponent are', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
        fc.nat(30),
        fc.nat(20),
        (value, shift, zeros) => {
          const [, sign = '', digits = ''] = /^(-?)(\d+)$/.exec(String(value)) ?? [];
          const padded = digits.padStart(shift + 1, '0');
          const [whole, fraction] = [
            padded.slice(0, padded.length - shift),
            padded.slice(padded.length - shift),
          ];
          const text = `${sign}${whole.replace(/^0+(?=\d)/, '')}${fraction && `.${fraction}`}e${shift + zeros}`;
          expect(integerDigits(text)).toBe(String(value * 10n ** BigInt(zeros)));
        },
      ),
    );
  });

  it('of a double of at most 15 digits are those that it was written with', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999_999_999 }), fc.nat(200), (digits, exponent) => {
        const written = `${digits}e${exponent}`;
        expect(integerDigits(String(Number(written)))).toBe(integerDigits(written));
      }),
    );
  });
});
