import { isUtf8 } from 'node:buffer';
import { bytesOfText } from '../../core/byte-text.js';
import type { Decoded } from '../../core/envelope/envelope.js';
import type { Event } from '../../core/event.js';
import { isNamedType } from '../../core/event.js';
import { shownHeader } from '../../core/event-metadata.js';
import { headersOf, type LogRecord } from '../../core/record.js';
import { isoTime } from '../../core/terminal-text.js';

/** The first bytes of a value: `type EventValue`. */
interface ShownValue {
  readonly text: string | null;
  readonly hex: string | null;
  readonly bytes: number;
  readonly shown: number;
}

/** `type EventRow`. */
export interface EventRow {
  readonly partition: number;
  readonly offset: number;
  readonly time: string;
  readonly key: string | null;
  readonly type: string | null;
  readonly id: string | null;
  readonly correlationId: string | null;
  readonly value: ShownValue | null;
  readonly problem: string | null;
}

/** S4: how much of a value a line has: a page keeps thousands of them. */
const MAX_LINE_BYTES = 1_024;
/** S4: how much of it a record has that is looked at alone. */
const MAX_VALUE_BYTES = 1024 * 1024;
/** Digits of bytes that are no text say little: fewer are enough. */
const MAX_HEX_BYTES = 64 * 1024;
const MAX_HEADERS = 100;
const MAX_HEADER_BYTES = 4 * 1024;
const MAX_KEY_CHARS = 1_000;

/** @param maxBytes how much of its value is shown */
export function rowOf(
  record: LogRecord,
  partition: number,
  decoded: Decoded,
  maxBytes = MAX_LINE_BYTES,
): EventRow {
  const event = decoded.ok ? decoded.event : undefined;
  const value = event === undefined ? record.value : event.data;
  return {
    partition,
    offset: record.offset,
    time: timeOf(record),
    key: cut(event?.subject ?? (record.key === null ? null : shownHeader(record.key))),
    type: event !== undefined && isNamedType(event.type) ? event.type : null,
    id: event?.id ?? null,
    correlationId: event?.correlationId ?? null,
    value: value === null ? null : shownValue(value, maxBytes),
    problem: decoded.ok ? null : decoded.reason,
  };
}

/** `type EventRecord`. */
export function wholeRecord(record: LogRecord, partition: number, decoded: Decoded) {
  const headers = headersOf(record);
  const event: Partial<Event> = decoded.ok ? decoded.event : {};
  return {
    row: rowOf(record, partition, decoded, MAX_VALUE_BYTES),
    source: event.source ?? null,
    causationId: event.causationId ?? null,
    traceparent: event.traceparent ?? null,
    eventTime: event.time ?? null,
    isAppendTime: record.isAppendTime === true,
    headers: headers.slice(0, MAX_HEADERS).map(([name, value]) => ({
      name: cut(name),
      value: value === null ? null : shownValue(bytesOfText(value), MAX_HEADER_BYTES),
    })),
    headersLeftOut: Math.max(0, headers.length - MAX_HEADERS),
  };
}

/** The beginning of a value: text where it is UTF-8, otherwise digits. */
export function shownValue(value: Buffer, maxBytes: number): ShownValue {
  const bytes = value.length;
  const start = withinCharacters(value, maxBytes);
  if (isUtf8(start)) return { text: start.toString('utf8'), hex: null, bytes, shown: start.length };
  const digits = value.subarray(0, Math.min(maxBytes, MAX_HEX_BYTES));
  return { text: null, hex: digits.toString('hex'), bytes, shown: digits.length };
}

/** The first bytes, without the beginning of a character at their end. */
function withinCharacters(value: Buffer, maxBytes: number): Buffer {
  if (value.length <= maxBytes) return value;
  let end = maxBytes;
  while (end > maxBytes - 4 && isContinuation(value[end])) end -= 1;
  return value.subarray(0, end);
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

const cut = (text: string | null): string | null =>
  text !== null && text.length > MAX_KEY_CHARS ? `${text.slice(0, MAX_KEY_CHARS)}…` : text;

/** The largest distance of a date from 1970, in milliseconds (ECMA-262, Time Values and Time Range). */
const MAX_TIME_MS = 8.64e15;
/** RFC 3339 has years of four digits. */
const [FIRST_MS, LAST_MS] = [Date.parse('0000-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];

/** A producer may write any number as the time of a record. */
function timeOf({ timestamp }: LogRecord): string {
  const known = Number.isFinite(timestamp) ? timestamp : -MAX_TIME_MS;
  return isoTime(Math.min(LAST_MS, Math.max(FIRST_MS, known)));
}
