/** An instant in time, exact to the nanosecond. */
export interface Instant {
  /** Whole seconds since 1970, rounded down. */
  readonly seconds: number;
  /** 0 to 999,999,999, after `seconds`. */
  readonly nanos: number;
}

const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

const DAY_SECONDS = 86_400;

/**
 * The instant of a date-time of RFC 3339, section 5.6; `undefined` when `text` is none. Its day must exist in its
 * month. Digits beyond nanoseconds are dropped. A leap second such as 23:59:60Z is the instant that follows it, as in
 * POSIX time; whether there was one is not checked.
 */
export function parseDateTime(text: string): Instant | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined;
  const minutes = Number(match[4]) * 60 + Number(match[5]);
  const offset = match[8] === undefined ? 0 : Number(match[9]) * 60 + Number(match[10]);
  const utcMinutes = match[8] === '-' ? minutes + offset : minutes - offset;
  const seconds = daysSince1970(year, month, day) * DAY_SECONDS + utcMinutes * 60 + Number(match[6]);
  const fraction = match[7];
  return { seconds, nanos: fraction === undefined ? 0 : Number(fraction.slice(0, 9).padEnd(9, '0')) };
}

/** Milliseconds since 1970, rounded down. */
export function millisecondsOf({ seconds, nanos }: Instant): number {
  return seconds * 1000 + Math.floor(nanos / 1e6);
}

function daysOf(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}

/** `Date.UTC` reads the years 0 to 99 as 1900 to 1999. The calendar repeats every 400 years, of 146,097 days. */
function daysSince1970(year: number, month: number, day: number): number {
  return Date.UTC(year + 400, month - 1, day) / (DAY_SECONDS * 1000) - 146_097;
}
