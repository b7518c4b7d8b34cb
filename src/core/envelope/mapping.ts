import { shownHeader } from '../event-metadata.js';
import type { TopicPartition } from '../position.js';
import type { LogRecord } from '../record.js';
import type { DecodeFault } from './envelope.js';
import type { JsonObject } from './json-object.js';

/** A record as the expressions of `@topic(event:)` see it. */
export interface MappedRecord extends TopicPartition {
  /** As its topic declares how keys read. */
  readonly key: string | null;
  /** By name: text, or `base64:` and the bytes where they are not UTF-8. Of a repeated header the last one. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, with exact integers. `null`: the record is a tombstone, or no expression reads it. */
  readonly value: unknown;
  readonly timestamp: number;
  readonly offset: number;
  readonly isTombstone: boolean;
}

/** The parts of an event that expressions have found. What is left out is what the envelope has. */
export interface Mapped {
  readonly type?: string;
  readonly id?: string;
  /** RFC 3339. */
  readonly time?: string;
  /** `null`: the event has no key. */
  readonly subject?: string | null;
  readonly correlationid?: string;
  readonly data?: JsonObject;
}

/** `@topic(event:)`: where the records of a topic have the parts of their event. */
export interface RecordMapping {
  /** The expressions, by member. */
  readonly sources: Readonly<Record<string, string>>;
  /** Whether an expression reads the value of the record. */
  readonly readsValue: boolean;
  /** Whether an expression makes the data, so that the value need not be a JSON object. */
  readonly mapsData: boolean;
  /** Whether an expression makes the subject, so that the key of a record says nothing of where its event is found. */
  readonly mapsSubject: boolean;
  map(record: MappedRecord): Mapped | DecodeFault;
}

/** @param key as its topic declares how keys read @param value parsed; `null` if no expression reads it */
export function mappedRecord(
  { headers, timestamp, offset, value: bytes }: LogRecord,
  at: TopicPartition,
  key: string | null,
  value: unknown,
): MappedRecord {
  const { topic, partition } = at;
  return {
    topic,
    partition,
    offset,
    timestamp,
    key,
    headers: shownHeaders(headers),
    value,
    isTombstone: bytes === null,
  };
}

function shownHeaders(headers: LogRecord['headers']): LogRecord['headers'] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, shownHeader(value)]));
}
