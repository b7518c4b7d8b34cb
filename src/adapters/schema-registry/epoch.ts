/** Times that formats store as integers, as ISO 8601, and back. Years outside of 0 to 9999 have no such text. */

const MS_PER_DAY = 86_400_000;
const MS_DIGITS = 3;

/** A number of days since 1970, as `2026-01-31`. */
export function dateOf(days: number): string {
  return new Date(days * MS_PER_DAY).toISOString().slice(0, 10);
}

/** @throws {RangeError} when the text is no date */
export function daysOf(date: string): number {
  return Math.floor(msOf(`${date}T00:00:00Z`) / MS_PER_DAY);
}

/**
 * Units since 1970 as `2026-01-31T09:30:00.123456`, without a zone.
 * @param digits of the fraction of a second that a unit is: 3 for milliseconds
 */
export function timestampText(units: number | bigint, digits: number): string {
  const [ms, rest] = split(units, digits);
  return new Date(ms).toISOString().slice(0, -1) + rest;
}

/** @param text RFC 3339. What is smaller than a unit is left out. @throws {RangeError} when it is none */
export function unitsOfTimestamp(text: string, digits: number): number | bigint {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const seconds = msOf(text.replace(/\.\d+/, '')) / 1_000;
  const units =
    BigInt(seconds) * 10n ** BigInt(digits) + BigInt(fraction.slice(0, digits).padEnd(digits, '0'));
  return Number.isSafeInteger(Number(units)) ? Number(units) : units;
}

/** Units since midnight, as `09:30:00.123`. */
export function timeOfDay(units: number | bigint, digits: number): string {
  return timestampText(units, digits).slice(11);
}

/** @throws {RangeError} when the text is no time of day */
export function unitsOfTime(time: string, digits: number): number | bigint {
  return unitsOfTimestamp(`1970-01-01T${time}Z`, digits);
}

/** Milliseconds, and the digits that a millisecond does not show. */
function split(units: number | bigint, digits: number): readonly [number, string] {
  const perMs = 10n ** BigInt(digits - MS_DIGITS);
  const value = BigInt(units);
  const rest = ((value % perMs) + perMs) % perMs;
  const text = digits === MS_DIGITS ? '' : rest.toString().padStart(digits - MS_DIGITS, '0');
  return [Number((value - rest) / perMs), text];
}

function msOf(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new RangeError(`${text} is no time`);
  return ms;
}
