import { type Environment, EvaluationError } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import { type Instant, parseDateTime } from '../../core/date-time.js';
import { zonedFields } from './time-zone.js';

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: the range of a timestamp in CEL. */
const [MIN_SECONDS, MAX_SECONDS] = [-62_135_596_800, 253_402_300_799];
const NANOS = 1_000_000_000;

/**
 * A timestamp of CEL. cel-js has `Date`s, which drop microseconds and nanoseconds and know neither leap seconds nor
 * lower-case letters.
 */
export class Timestamp implements Instant {
  readonly seconds: number;
  readonly nanos: number;
  /** As it was written; `undefined`: it was computed. */
  readonly text: string | undefined;

  constructor({ seconds, nanos }: Instant, text?: string) {
    this.seconds = seconds;
    this.nanos = nanos;
    this.text = text;
  }

  /** RFC 3339 in UTC, with as many digits as it needs. */
  toString(): string {
    const whole = new Date(this.seconds * 1000).toISOString().slice(0, -'.000Z'.length);
    const fraction = this.nanos === 0 ? '' : `.${String(this.nanos).padStart(9, '0').replace(/0+$/, '')}`;
    return `${whole}${fraction}Z`;
  }
}

function compare(a: Instant, b: Instant): number {
  return a.seconds - b.seconds || a.nanos - b.nanos;
}

/** `timestamp(value)`. */
export function timestampOf(value: unknown): Timestamp {
  if (value instanceof Timestamp) return value;
  if (typeof value === 'bigint') return inRange({ seconds: Number(value), nanos: 0 });
  const instant = typeof value === 'string' ? parseDateTime(value) : undefined;
  if (instant !== undefined) return inRange(instant);
  throw new EvaluationError({
    code: 'invalid_timestamp',
    message:
      typeof value === 'string'
        ? `${JSON.stringify(value)} is not a date-time of RFC 3339, such as 2026-01-31T09:30:00Z`
        : 'timestamp() takes a string or an int',
  });
}

function inRange(instant: Instant): Timestamp {
  if (instant.seconds >= MIN_SECONDS && instant.seconds <= MAX_SECONDS) return new Timestamp(instant);
  throw new EvaluationError({ code: 'invalid_timestamp', message: 'The timestamp is out of range' });
}

function plus(at: Instant, sign: 1 | -1, duration: Duration): Timestamp {
  const nanos = at.nanos + sign * duration.nanos;
  const carry = Math.floor(nanos / NANOS);
  return inRange({
    seconds: at.seconds + sign * Number(duration.seconds) + carry,
    nanos: nanos - carry * NANOS,
  });
}

/** Both parts have the sign of the difference, as in what cel-js parses. */
function minus(a: Instant, b: Instant): Duration {
  const nanos = BigInt(a.seconds - b.seconds) * BigInt(NANOS) + BigInt(a.nanos - b.nanos);
  return new Duration(nanos / BigInt(NANOS), Number(nanos % BigInt(NANOS)));
}

const DAY_MS = 86_400_000;

/** The getters of CEL: each of a date whose UTC fields are those of the time zone. */
const GETTERS: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: (date) => (date.getTime() - new Date(date.getTime()).setUTCMonth(0, 1)) / DAY_MS,
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
};

/** The names of the functions that take a time zone. */
export const TIMESTAMP_GETTERS: ReadonlySet<string> = new Set([...Object.keys(GETTERS), 'getMilliseconds']);

/** Registers what CEL's standard library has for timestamps. */
export function registerTimestamps(environment: Environment): void {
  const duration = 'google.protobuf.Duration';
  environment.registerType('Timestamp', Timestamp);
  environment.registerFunction('timestampOf(dyn): Timestamp', timestampOf);
  environment.registerFunction('string(Timestamp): string', String);
  environment.registerFunction('int(Timestamp): int', ({ seconds }: Timestamp) => BigInt(seconds));
  environment.registerOperator('Timestamp == Timestamp', (a, b) => compare(a, b) === 0);
  environment.registerOperator('Timestamp < Timestamp', (a, b) => compare(a, b) < 0);
  environment.registerOperator('Timestamp <= Timestamp', (a, b) => compare(a, b) <= 0);
  environment.registerOperator('Timestamp > Timestamp', (a, b) => compare(a, b) > 0);
  environment.registerOperator('Timestamp >= Timestamp', (a, b) => compare(a, b) >= 0);
  environment.registerOperator(`Timestamp + ${duration}`, (at, by) => plus(at, 1, by));
  environment.registerOperator(`${duration} + Timestamp: Timestamp`, (by, at) => plus(at, 1, by));
  environment.registerOperator(`Timestamp - ${duration}`, (at, by) => plus(at, -1, by));
  environment.registerOperator(`Timestamp - Timestamp: ${duration}`, minus);
  for (const [name, get] of Object.entries(GETTERS)) {
    environment.registerFunction(`Timestamp.${name}(): int`, ({ seconds }: Timestamp) =>
      BigInt(get(new Date(seconds * 1000))),
    );
    environment.registerFunction(`Timestamp.${name}(string): int`, (at: Timestamp, zone: string) =>
      BigInt(get(zonedFields(at, zone))),
    );
  }
  const milliseconds = ({ nanos }: Timestamp): bigint => BigInt(Math.floor(nanos / 1e6));
  environment.registerFunction('Timestamp.getMilliseconds(): int', milliseconds);
  environment.registerFunction('Timestamp.getMilliseconds(string): int', milliseconds);
}
