import { EvaluationError } from '@marcbachmann/cel-js';
import type { Instant } from '../../core/date-time.js';

const OFFSET = /^([+-])?(\d{2}):(\d{2})$/;

/**
 * A date whose UTC fields are those of the instant in a time zone.
 * @param zone a name of the IANA database, or an offset such as `+02:00`
 */
export function zonedFields({ seconds }: Instant, zone: string): Date {
  const offset = OFFSET.exec(zone);
  if (offset !== null) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3]);
    return new Date((seconds + (offset[1] === '-' ? -minutes : minutes) * 60) * 1000);
  }
  const part = partsIn(zone, new Date(seconds * 1000));
  const date = new Date(0);
  date.setUTCFullYear(part('year'), part('month') - 1, part('day'));
  date.setUTCHours(part('hour'), part('minute'), part('second'));
  return date;
}

function partsIn(timeZone: string, date: Date): (type: Intl.DateTimeFormatPartTypes) => number {
  let parts: readonly Intl.DateTimeFormatPart[];
  try {
    // `iso8601` and `h23`: years count from 0001, and midnight is 00.
    parts = new Intl.DateTimeFormat('en-US-u-ca-iso8601-hc-h23', {
      timeZone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }).formatToParts(date);
  } catch {
    const message = `${JSON.stringify(timeZone)} is not a time zone`;
    throw new EvaluationError({ code: 'invalid_time_zone', message });
  }
  return (type) => Number(parts.find((part) => part.type === type)?.value);
}
