import type { Database } from 'lmdb';

/** Text, or the bytes of what is not valid UTF-8: the store would write a text with lone surrogates as another one. */
export type StoredText = string | Buffer;
/** Headers by name; or a list, when an object cannot hold them or a value is not text. */
export type StoredHeaders = Record<string, string> | [StoredText, StoredText | null][];

/** A stored record: timestamp (milliseconds since 1970), key, headers, value. */
export type StoredRecord = [number, StoredText | null, StoredHeaders, Buffer | null];

/** A stored topic: its number of partitions and its id. */
export type StoredTopic = [number, string];

/** A value of the state store and when it expires (milliseconds since 1970); `null` for never. */
type StoredState = [Buffer, number | null];

/** The tables of one lmdb environment. All writes of one tick of the event loop are one transaction. */
export interface Tables {
  /** By topic, partition and offset. */
  readonly records: Database<StoredRecord, [string, number, number]>;
  readonly topics: Database<StoredTopic, string>;
  /** The next offset to deliver, by consumer group, topic and partition. */
  readonly progress: Database<number, [string, string, number]>;
  readonly state: Database<StoredState, string>;
  /** The keys of `state` that expire, ordered by when they do. */
  readonly expiries: Database<true, [number, string]>;
}
