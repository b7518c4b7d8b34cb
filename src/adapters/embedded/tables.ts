import type { Database } from 'lmdb';

/** A record as it is kept: timestamp, key, headers, value. */
export type StoredRecord = [number, string | null, Record<string, string>, Buffer | null];

/** A topic: how many partitions it has, and its id. */
export type StoredTopic = [number, string];

/** A value of the state store, and when it expires (milliseconds since 1970), if it does. */
export type StoredState = [Buffer, number | null];

/** What one environment holds. The writes of one turn of the event loop are one transaction. */
export interface Tables {
  /** By topic, partition and offset. */
  readonly records: Database<StoredRecord, [string, number, number]>;
  readonly topics: Database<StoredTopic, string>;
  /** The next offset, by consumer group, topic and partition. */
  readonly progress: Database<number, [string, string, number]>;
  readonly state: Database<StoredState, string>;
  /** The keys of `state` that expire, by when they do. */
  readonly expiries: Database<true, [number, string]>;
}
