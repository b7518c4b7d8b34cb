import { parseDateTime } from './date-time.js';

/** Times that formats store as integers, as ISO 8601, and back. Only the years 0 to 9999 have such a text. */

const MS_PER_DAY = 86_400_000;
const MS_DIGITS = 3;
const NANO_DIGITS = 9;
const MIN_MS = Date.UTC(-1, 12, 1);
const MAX_MS = Date.UTC(10_000, 0, 1) - 1;

/** A number of days since 1970, as `2026-01-31`. @throws {RangeError} */
export function dateOf(days: number | bigint): string {
  return isoText(Number(days) * MS_PER_DAY).slice(0, 10);
}

/** @throws {RangeError} when the text is not a date */
export function daysOf(date: string): number {
  return Math.floor(instantOf(`${date}T00:00:00Z`).seconds / (MS_PER_DAY / 1_000));
}

/**
 * Units since 1970 as `2026-01-31T09:30:00.123456`, without a zone.
 * @param digits of the fraction of a second that a unit is: 3 for milliseconds
 * @throws {RangeError}
 */
export function timestampText(units: number | bigint, digits: number): string {
  if (digits === MS_DIGITS) return isoText(Number(units)).slice(0, -1);
  if (typeof units === 'bigint' && !Number.isSafeInteger(Number(units))) {
    const perMs = 10n ** BigInt(digits - MS_DIGITS);
    const rest = ((units % perMs) + perMs) % perMs;
    return textOf(Number((units - rest) / perMs), Number(rest), digits);
  }
  const perMs = 10 ** (digits - MS_DIGITS);
  const rest = ((Number(units) % perMs) + perMs) % perMs;
  return textOf((Number(units) - rest) / perMs, rest, digits);
}

/** @param rest what a millisecond does not show */
function textOf(ms: number, rest: number, digits: number): string {
  return isoText(ms).slice(0, -1) + String(rest).padStart(digits - MS_DIGITS, '0');
}

/** @param text RFC 3339. What is smaller than a unit is left out. @throws {RangeError} when it is none */
export function unitsOfTimestamp(text: string, digits: number): number | bigint {
  const { seconds, nanos } = instantOf(text);
  const fraction = Math.floor(nanos / 10 ** (NANO_DIGITS - digits));
  const units = seconds * 10 ** digits + fraction;
  if (Number.isSafeInteger(units)) return units;
  return BigInt(seconds) * 10n ** BigInt(digits) + BigInt(fraction);
}

/** Units since midnight, as `09:30:00.123`. Of more than a day, or negative, as durations are: `-838:59:59.000`. */
export function timeOfDay(units: number | bigint, digits: number): string {
  const value = BigInt(units);
  const perSecond = 10n ** BigInt(digits);
  const magnitude = value < 0n ? -value : value;
  const seconds = Number(magnitude / perSecond);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const time = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return `${value < 0n ? '-' : ''}${time}.${String(magnitude % perSecond).padStart(digits, '0')}`;
}

/** @throws {RangeError} when the text is not a time of day */
export function unitsOfTime(time: string, digits: number): number | bigint {
  const units = unitsOfTimestamp(`1970-01-01T${time}Z`, digits);
  // A leap second is the first of the next day.
  if (units >= (MS_PER_DAY / 1_000) * 10 ** digits) throw new RangeError(`${time} is not a time of day`);
  return units;
}

function isoText(ms: number): string {
  if (!(ms >= MIN_MS && ms <= MAX_MS)) throw new RangeError('it is not a time of the years 0 to 9999');
  return new Date(ms).toISOString();
}

function instantOf(text: string) {
  const instant = parseDateTime(text);
  if (instant === undefined) throw new RangeError(`${text} is not a time`);
  return instant;
}
