import type { Offset, Partition, Topic } from './ids.js';
import type { Partitioner } from './partitioner.js';
import type { TopicPartition } from './position.js';

/**
 * A record's headers by name. A value is the text of its bytes (`core/byte-text.ts`). If a name is repeated, the last
 * value counts; a header that is null counts as left out.
 */
export type Headers = Readonly<Record<string, string>>;

/** One header exactly as it is in the record. */
export type Header = readonly [name: string, value: string | null];

/** A record to append to the log. */
export interface NewRecord {
  readonly topic: Topic;
  /**
   * Determines the partition. Records of one key keep their order. `null`: any partition. It is the text of the key's
   * bytes (`core/byte-text.ts`).
   */
  readonly key: string | null;
  /** How the key determines the partition. Left out: `MURMUR2`. */
  readonly partitioner?: Partitioner | undefined;
  /** The partition, whatever the key is: for records that belong to a partition rather than to a key. */
  readonly partition?: Partition;
  readonly headers: Headers;
  /** Written in place of `headers`: all headers in their order, repeated and null ones too. */
  readonly headerList?: readonly Header[] | undefined;
  /** `null` is a tombstone. */
  readonly value: Buffer | null;
}

/** A record that was read from the log. */
export interface LogRecord {
  readonly offset: Offset;
  /** The log's own timestamp of the record, in milliseconds since 1970. */
  readonly timestamp: number;
  /** Whether the broker stamped it (LogAppendTime). Otherwise its producer did. */
  readonly isAppendTime?: boolean | undefined;
  /** The text of the key's bytes (`core/byte-text.ts`): different keys are different texts. */
  readonly key: string | null;
  readonly headers: Headers;
  /** All headers in their order, if `headers` cannot show that: a name is repeated, or a value is null. */
  readonly headerList?: readonly Header[] | undefined;
  readonly value: Buffer | null;
  /**
   * Why this is not one record but a whole batch of them that cannot be read. Its value has the bytes of the batch, and its
   * offset is the batch's last one.
   */
  readonly unreadable?: string | undefined;
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

/** All headers of a record, in their order. */
export function headersOf({
  headers,
  headerList,
}: Pick<LogRecord, 'headers' | 'headerList'>): readonly Header[] {
  return headerList ?? Object.entries(headers);
}

/**
 * Headers from a list that has all of them. `headerList` is left out when `headers` says the same: each name once, no
 * null, and in the order in which an object keeps its properties.
 */
export function headersFrom(list: readonly Header[]): Pick<LogRecord, 'headers' | 'headerList'> {
  const last = new Map(list);
  const values = [...last].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  const headers = Object.fromEntries(values);
  const isPlain = values.length === list.length && !hasReordered(list.map(([name]) => name));
  return isPlain ? { headers } : { headers, headerList: list };
}

/** Whether an object would not keep these names in their order: it puts integers first. */
export function hasReordered(names: readonly string[]): boolean {
  return names.some((name) => /^\d+$/.test(name));
}
