import type { Offset, Partition, Topic } from './ids.js';
import type { TopicPartition } from './position.js';

/** A record's headers. Values are decoded as UTF-8. If a name is repeated, the last value counts. */
export type Headers = Readonly<Record<string, string>>;

/** A record to append to the log. */
export interface NewRecord {
  readonly topic: Topic;
  /** Determines the partition. Records of one key keep their order. `null`: any partition. */
  readonly key: string | null;
  /** The partition, whatever the key is: for records that belong to a partition rather than to a key. */
  readonly partition?: Partition;
  readonly headers: Headers;
  /** `null` is a tombstone. */
  readonly value: Buffer | null;
}

/** A record that was read from the log. */
export interface LogRecord {
  readonly offset: Offset;
  /** The log's own timestamp of the record, in milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: string | null;
  readonly headers: Headers;
  readonly value: Buffer | null;
}

/** Consecutive records of one partition that were read together, in offset order. */
export interface LogBatch extends TopicPartition {
  /** The visible records: no control records, and none of an aborted transaction. May be empty. */
  readonly records: readonly LogRecord[];
  /** The last offset that the batch covers. An offset up to it without a record here will never have one. */
  readonly last: Offset;
  /** The partition's end when the batch was read: the offset after its newest readable record. */
  readonly end: Offset;
}
