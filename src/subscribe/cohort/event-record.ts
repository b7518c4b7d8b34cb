import type { RecordPath, ShownOfRecord } from '../../binding/bindings.js';
import { timeOf } from '../../core/envelope/attributes.js';
import type { Relayed } from '../../core/event.js';
import { own } from '../../core/own.js';
import type { TopicPartition } from '../../core/position.js';

/** `record` in filters and rules: what an event keeps of its record, as JSON. Its members are `EVENT_RECORD`. */
export type EventRecord = Readonly<Record<string, unknown>>;

const NOTHING: Readonly<Record<string, string | null>> = {};

export function eventRecord(
  { topic, partition }: TopicPartition,
  { offset, timestamp, event }: Relayed,
): EventRecord {
  const { id, source, type, subject: key, time, correlationId, causationId, metadata } = event;
  const { headers = NOTHING, attributes: extensions = NOTHING } = metadata ?? {};
  return {
    key,
    headers,
    // Written as text only where an expression reads it.
    get timestamp() {
      return timeOf(timestamp);
    },
    topic,
    partition,
    offset,
    id,
    source,
    type,
    subject: own(extensions, 'subject'),
    time,
    correlationId,
    causationId,
    extensions,
  };
}

/** A field of the record, or one of its headers or extensions. */
export function recordValue(record: EventRecord, [field, name]: RecordPath): unknown {
  const value = own(record, field);
  // `EVENT_RECORD` has names only below objects of texts.
  return name === undefined ? value : own(value as EventRecord, name);
}

/** What a field shows of the record, as members of `extensions.event`. */
export function shownMembers(
  record: EventRecord,
  { headers, extensions, ...members }: ShownOfRecord,
): EventRecord {
  const named = (of: 'headers' | 'extensions', names: readonly string[]): EventRecord | undefined => {
    const known = names.flatMap((name) => {
      const value = recordValue(record, [of, name]) ?? null;
      return value === null ? [] : [[name, value] as const];
    });
    return names.length === 0 ? undefined : Object.fromEntries(known);
  };
  const { source, subject, timestamp } = members;
  return {
    source: source ? record['source'] : undefined,
    subject: subject ? (record['subject'] ?? undefined) : undefined,
    timestamp: timestamp ? record['timestamp'] : undefined,
    headers: named('headers', headers),
    extensions: named('extensions', extensions),
  };
}
