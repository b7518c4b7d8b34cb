import type { Offset, Partition, Topic } from './ids.js';
import type { TopicPartition } from './position.js';

/** A record's headers. Values that came as bytes are read as UTF-8; of a repeated name the last counts. */
export type Headers = Readonly<Record<string, string>>;

/** What is appended to the log. */
export interface NewRecord {
  readonly topic: Topic;
  /** Chooses the partition. Records of one key keep their order. `null`: any partition. */
  readonly key: string | null;
  /** Where it goes whatever its key is: for what belongs to a partition rather than to a key. */
  readonly partition?: Partition;
  readonly headers: Headers;
  /** `null` is a tombstone. */
  readonly value: Buffer | null;
}

/** What is read from the log. */
export interface LogRecord {
  readonly offset: Offset;
  /** The log's own timestamp of the record, in milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: string | null;
  readonly headers: Headers;
  readonly value: Buffer | null;
}

/** Records of one partition that were read together, in offset order. */
export interface LogBatch extends TopicPartition {
  /** The records that are there to be seen: none aborted, none a control record. May be empty. */
  readonly records: readonly LogRecord[];
  /** The last offset this batch covers. Offsets up to here that have no record here never will have one. */
  readonly last: Offset;
  /** The offset after the newest readable record of the partition, as known when the batch was read. */
  readonly end: Offset;
}
