import type { Offset, Partition, Topic, TopicId } from '../core/ids.js';
import type { KeyPartitioner } from '../core/partitioner.js';
import type { Position, TopicPartition } from '../core/position.js';
import type { LogBatch, NewRecord } from '../core/record.js';
import type { ConsumerGroups, GroupSubscription } from './consumer-groups.js';
import type { LogInspection } from './log-inspection.js';
import type { TransactionalCommit } from './transactional-commit.js';

/**
 * The most bytes of records (by `recordBytes`) that a log writes to a partition as one batch, all of them or none.
 * Kafka's brokers accept batches of 1 MiB by default; this stays well below.
 *
 * A caller that gathers the records of many requests into one `append` gathers no more than this: the records of a
 * partition are then one batch, unless the topic has a lower limit. Several batches of a partition are written one
 * after the other, and when a later one fails, the outcome of the whole call is PUBLISH_UNCERTAIN.
 */
export const MAX_BATCH_BYTES = 768 * 1024;

export interface TopicSpec {
  readonly topic: Topic;
  readonly partitions: number;
  readonly replicas: number;
  /** Settings of the log's own, such as `retention.ms`. A log ignores those that it does not have. */
  readonly config: Readonly<Record<string, string>>;
}

/** What a process is going to do with the log. */
export interface LogUse {
  readonly reads?: readonly Topic[];
  readonly writes?: readonly Topic[];
  /** Whether it appends several records as a whole (`TransactionalCommit.appendAtomically`). */
  readonly appendsAtomically?: boolean;
  /** The groups whose progress it commits together with outputs (`TransactionalCommit.join`). */
  readonly commits?: readonly GroupSubscription[];
}

/** A topic as the log describes it at the moment. */
export interface TopicDescription {
  /** `undefined` when the log does not report topic ids (Kafka before 2.8). */
  readonly id: TopicId | undefined;
  readonly partitions: number;
}

/** The readable part of a partition: offsets in `[earliest, end)`. */
export interface Bounds {
  /** The first offset that can be read: retention has deleted what was before it. */
  readonly earliest: Offset;
  /** The offset after the last *readable* record: records of an open transaction do not count. */
  readonly end: Offset;
}

export interface Range extends TopicPartition {
  /** The topic that is meant. Left out: whichever has the name now. */
  readonly topicId?: TopicId | undefined;
  /** The first offset to read. */
  readonly from: Offset;
  /** The offset after the last one to read. Left out: the partition's `end` at the time of the call. */
  readonly until?: Offset;
}

/**
 * Where events are kept, in order, per partition. The only source of truth.
 *
 * Every log MUST have:
 * - **Numeric offsets.** Within a partition they grow, and may have holes. A log whose record ids are something else
 *   maps them in its adapter (a stream sequence in NATS, the broker's entry index in Pulsar).
 * - **Consumer groups** (`ports/consumer-groups.ts`).
 *
 * A log MAY have these; code that needs one asks for it and fails at start, or does more work, without it:
 * | capability       | without it                                                                        |
 * |------------------|-----------------------------------------------------------------------------------|
 * | `partitionOfKey` | readers of one key follow every partition of its topic                             |
 * | `transactions`   | no services, no redrive, and no mutations that publish several events              |
 * | topic ids (`TopicDescription.id`) | a recreated topic is recognised by cursors' fingerprints only     |
 * | `inspection`     | the console's map shows no consumer groups of other programs, no lag and no rates; its page of events lists the schema's topics only |
 *
 * An implementation MUST pass test/contract/event-log.ts, which includes the suites of the ports and capabilities that
 * it has.
 */
export interface EventLog extends ConsumerGroups, AsyncDisposable {
  /** What the log is, for the lines printed at start: `Kafka at 127.0.0.1:9092`. */
  readonly description: string;

  /** Which partition holds the records of a key, if that follows from the key alone. Used by `append`, too. */
  readonly partitionOfKey: KeyPartitioner | undefined;

  /** Appends that are all or nothing, and commits of outputs with progress. */
  readonly transactions: TransactionalCommit | undefined;

  /** What pages for operators show: the groups of all programs, and the ends of many topics at once. */
  readonly inspection: LogInspection | undefined;

  /**
   * Ensures that each topic exists. With `create`, missing topics are created as specified; existing ones are left
   * as they are. Resolves once all of them can be written to and read.
   * @throws {MillraceError} TOPIC_MISSING, naming all missing topics, when `create` is false
   */
  ensureTopics(
    topics: readonly TopicSpec[],
    options: { create: boolean },
    signal: AbortSignal,
  ): Promise<void>;

  /**
   * Finds out whether the log refuses something that this process is going to do, before somebody needs it. What cannot
   * be asked beforehand shows when it is done. A log that refuses nobody anything resolves at once.
   * @throws {MillraceError} LOG_UNAVAILABLE, caused by a `Refusal`
   */
  checkAccess(use: LogUse, signal: AbortSignal): Promise<void>;

  /** Describes topics, as they are at the time of the call. Topics that do not exist are missing in the answer. */
  describe(topics: readonly Topic[], signal: AbortSignal): Promise<ReadonlyMap<Topic, TopicDescription>>;

  /**
   * Appends `records` (of any topics) in one request per broker. Resolves once every in-sync replica has all of
   * them, with the position of each, in the order of `records`. Never resolves with some of them missing.
   * Keeps the order of the records of one key, within a call and between calls that do not overlap.
   * Retries what can be retried without writing twice.
   * @throws {MillraceError} PUBLISH_FAILED when none was written; PUBLISH_UNCERTAIN when some may have been;
   *   EVENT_TOO_LARGE; TOPIC_MISSING
   */
  append(records: readonly NewRecord[], signal: AbortSignal): Promise<readonly Position[]>;

  /**
   * Reads a range once, without a consumer group. Batches are in offset order and contiguous: each begins after the
   * `last` of the one before, and the final `last` is at least `until - 1` (the final batch may contain records
   * beyond the range). At most one batch is in memory at a time.
   * @throws {OffsetOutOfRange} when `from` is before `earliest` or after `end`, at first or (retention) on the way
   * @throws {TopicRecreated} when the topic no longer has `topicId`, at first or on the way
   */
  read(range: Range, signal: AbortSignal): AsyncIterable<LogBatch>;

  /** The bounds of each partition at some moment during the call, indexed by partition. */
  bounds(topic: Topic, signal: AbortSignal): Promise<readonly Bounds[]>;

  /** The offset of the first record at or after `timestamp` (milliseconds since 1970); `end` if there is none. */
  offsetAt(topic: Topic, partition: Partition, timestamp: number, signal: AbortSignal): Promise<Offset>;
}

/** Thrown by `read`: the topic was deleted, and another topic has its name now. */
export class TopicRecreated extends Error {
  override readonly name = 'TopicRecreated';
  constructor(readonly topic: Topic) {
    super(`The topic ${topic} was deleted and recreated.`);
  }
}

/** Thrown by `read`: the range begins outside of the partition's bounds. */
export class OffsetOutOfRange extends Error {
  override readonly name = 'OffsetOutOfRange';
  constructor(
    readonly at: Position,
    readonly bounds: Bounds,
  ) {
    super(
      `Offset ${at.offset} of ${at.topic}/${at.partition} cannot be read: the partition has offsets from ${bounds.earliest} to before ${bounds.end}.`,
    );
  }
}
