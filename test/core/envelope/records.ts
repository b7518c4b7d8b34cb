import { decodeRecord } from '../../../src/core/envelope/decode.js';
import type { Decoded } from '../../../src/core/envelope/envelope.js';
import type { Event } from '../../../src/core/event.js';
import { offset, partition, topic } from '../../../src/core/ids.js';
import type { Headers } from '../../../src/core/record.js';
import type { TopicFormat } from '../../../src/core/topic-format.js';

export const AT = { topic: topic('orders'), partition: partition(2) };
/** 2026-01-02T03:04:05.678Z, the timestamp of every record. */
export const TIMESTAMP = Date.parse('2026-01-02T03:04:05.678Z');

interface Given {
  readonly headers?: Headers;
  readonly key?: string | null;
  /** JSON, or the value as text; `null` for a tombstone. */
  readonly value: unknown;
}

export function decoded(format: TopicFormat, { headers = {}, key = 'k', value }: Given): Decoded {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const record = {
    offset: offset(7),
    timestamp: TIMESTAMP,
    key,
    headers,
    value: value === null ? null : Buffer.from(text),
  };
  return decodeRecord(record, format, AT);
}

/** The event, its data as text. @throws when the record is none */
export function eventOf(
  format: TopicFormat,
  given: Given,
): Omit<Event, 'data'> & { readonly data: string | null } {
  const result = decoded(format, given);
  if (!result.ok) throw new Error(`${result.kind}: ${result.reason}`);
  return { ...result.event, data: result.event.data?.toString() ?? null };
}
