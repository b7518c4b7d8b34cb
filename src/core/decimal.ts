import { decimalText } from './decimal-number.js';

/** Numbers that formats store as an unscaled integer, exactly as text. */

/** S4: producers choose both, and writing digits takes more than linear time. About a thousand digits. */
const MAX_BYTES = 400;
const MAX_SCALE = 1_000;

/** @param bytes big-endian, two's complement @throws {RangeError} for numbers of more than some thousand digits */
export function decimalOfBytes(bytes: Uint8Array, scale: number): string {
  if (bytes.length > MAX_BYTES)
    throw new RangeError(`a decimal has at most ${MAX_BYTES} bytes, not ${bytes.length}`);
  checkScale(scale);
  const hex = Buffer.from(bytes).toString('hex');
  const unscaled = hex === '' ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex}`));
  return scale <= 0 ? String(unscaled * 10n ** BigInt(-scale)) : decimalText({ unscaled, scale });
}

/** An integer with `scale` zeros behind the point. @throws {RangeError} for a scale of more than a thousand */
export function wholeDecimal(value: bigint, scale: number): string {
  checkScale(scale);
  return scale > 0 ? `${value}.${'0'.repeat(scale)}` : String(value);
}

function checkScale(scale: number): void {
  if (!Number.isInteger(scale) || Math.abs(scale) > MAX_SCALE)
    throw new RangeError(`the scale of a decimal is at most ${MAX_SCALE}, not ${scale}`);
}

/**
 * @param size in bytes. Left out: as few as it takes
 * @returns `undefined` when the text is not a decimal number, has more digits behind the point than `scale`, or does not fit
 */
export function bytesOfDecimal(text: string, scale: number, size?: number): Buffer | undefined {
  const [, sign, whole = '', fraction = ''] = /^([+-]?)(\d{1,400})(?:\.(\d{1,400}))?$/.exec(text) ?? [];
  const kept = fraction.replace(/0+$/, '');
  if (sign === undefined || kept.length > Math.max(0, scale)) return undefined;
  const magnitude = BigInt(whole + kept.padEnd(Math.max(0, scale), '0'));
  const unscaled = sign === '-' ? -magnitude : magnitude;
  let length = size ?? 1;
  while (size === undefined && BigInt.asIntN(8 * length, unscaled) !== unscaled) length += 1;
  if (BigInt.asIntN(8 * length, unscaled) !== unscaled) return undefined;
  return Buffer.from(
    BigInt.asUintN(8 * length, unscaled)
      .toString(16)
      .padStart(2 * length, '0'),
    'hex',
  );
}
