import type { Offset, Partition, Topic, TopicId } from '../core/ids.js';
import type { Position, TopicIdPartition, TopicPartition } from '../core/position.js';
import type { LogBatch, NewRecord } from '../core/record.js';

export interface TopicSpec {
  readonly topic: Topic;
  readonly partitions: number;
  readonly replicas: number;
  /** The log's own settings, such as `retention.ms`. A log ignores the ones it does not have. */
  readonly config: Readonly<Record<string, string>>;
}

/** What the log says of a topic at the moment. */
export interface TopicDescription {
  /** `undefined`: the log does not tell (Kafka before 2.8). */
  readonly id: TopicId | undefined;
  readonly partitions: number;
}

/** What a partition holds: `earliest` is the first offset that can be read, `end` the one after the last. */
export interface Bounds {
  readonly earliest: Offset;
  /** After the last *readable* record: an open transaction's records are not counted. */
  readonly end: Offset;
}

export interface Range extends TopicPartition {
  /** Of which topic; of the one there is when it is left out. */
  readonly topicId?: TopicId | undefined;
  /** The first offset wanted. */
  readonly from: Offset;
  /** The offset after the last one wanted; the partition's `end` at the time of the call when left out. */
  readonly until?: Offset;
}

/** A batch that a member of a consumer group was given. */
export interface AssignedBatch extends LogBatch {
  /** Aborted when this member loses the partition: whatever is being done with the batch is to stop. */
  readonly signal: AbortSignal;
  /**
   * Moves the group's progress past `last` and appends `outputs`: both or neither, and neither once
   * another member has the partition. Called at most once per batch.
   * @throws {MillraceError} LOG_UNAVAILABLE, EVENT_TOO_LARGE
   */
  commit(outputs?: readonly NewRecord[]): Promise<readonly Position[]>;
}

/** Which group to join, and for what. */
export interface JoinedGroup {
  readonly group: string;
  readonly topics: readonly Topic[];
  /**
   * Fenced from the beginning: when `assigned` is called, whatever former owners of the partition had begun
   * to commit is there to be read or never will be, and they can commit outputs no more (D9). Without it that
   * is so from this member's own first commit on. For whoever reads back what former owners committed.
   */
  readonly fenced?: boolean;
}

export interface GroupHandler {
  /**
   * Called once per assignment of a partition, before its first batch, also when the partition is empty.
   * It is assigned anew when its topic was deleted and made anew: the batches between two calls are all of
   * one topic, the one with `topicId`. It is called again as well when the log no longer has the place where
   * the member stands, and when a commit of this member turns out to have been made that it took for failed:
   * what follows may not meet what came before.
   * @returns where to begin, what is before it being done; `undefined`: where the group's progress in this topic stands, or else at the
   *   earliest record. A place that the partition does not have becomes the earliest.
   */
  assigned?(partition: TopicIdPartition, signal: AbortSignal): Promise<Offset | undefined>;
  /**
   * Called with the batches of one partition one after the other; those of different partitions may
   * overlap. When it rejects, the same offsets are given again, to this member or another, after a pause.
   */
  batch(batch: AssignedBatch): Promise<void>;
}

/** One member of a consumer group. Disposing leaves the group, after the batches in hand have ended. */
export interface GroupMember extends AsyncDisposable {
  /** Rejects when the member cannot go on (it retries what can be retried by itself); resolves when it left. */
  readonly ended: Promise<void>;
}

/**
 * Where events are kept, in order, per partition. The only source of truth.
 *
 * Whoever implements it MUST pass test/contract/event-log.ts.
 */
export interface EventLog extends AsyncDisposable {
  /** What it is, for the start-up lines: `Kafka at 127.0.0.1:9092`. */
  readonly description: string;

  /**
   * Makes sure that each topic exists. With `create`, missing ones are created as specified; existing
   * ones are left as they are. Resolves once all of them can be written to and read.
   * @throws {MillraceError} TOPIC_MISSING, naming all that are missing, when `create` is false
   */
  ensureTopics(
    topics: readonly TopicSpec[],
    options: { create: boolean },
    signal: AbortSignal,
  ): Promise<void>;

  /**
   * What each topic is now, asked of the log at each call and for all of them at once. Those that do not
   * exist are not in the answer.
   */
  describe(topics: readonly Topic[], signal: AbortSignal): Promise<ReadonlyMap<Topic, TopicDescription>>;

  /**
   * Appends `records` (of any topics) in one request per broker, and resolves, in the same order, with
   * where each is, once every in-sync replica has it. The partition of a key is `partitionOfKey`.
   * Order is kept among the records of one key, within a call and between calls that do not overlap.
   * Retries what can be retried without writing twice. Never resolves with some of them missing.
   * @throws {MillraceError} PUBLISH_FAILED when it is known that none was written; PUBLISH_UNCERTAIN when
   *   some may have been; EVENT_TOO_LARGE; TOPIC_MISSING
   */
  append(records: readonly NewRecord[], signal: AbortSignal): Promise<readonly Position[]>;

  /**
   * As `append`, but all of `records` or none, whatever happens: readers are given every one of them, soon
   * after the answer at the latest, or none of them ever. After PUBLISH_UNCERTAIN it is one of the two.
   * Costs more than `append` where the records belong to several partitions.
   * @throws {MillraceError} as `append` does
   */
  appendAtomically(records: readonly NewRecord[], signal: AbortSignal): Promise<readonly Position[]>;

  /**
   * Reads a range without any consumer group, and ends. Batches come in offset order and meet: each
   * begins after the `last` of the one before, and the final one's `last` is at least `until - 1`
   * (it may hold records past the range). Memory stays within one batch.
   * @throws {OffsetOutOfRange} when `from` is before `earliest` or after `end`, at first or on the way
   * @throws {TopicRecreated} when the topic is no longer the one with `topicId`, at first or on the way
   */
  read(range: Range, signal: AbortSignal): AsyncIterable<LogBatch>;

  /** What each partition of the topic holds, at an instant between call and answer. Indexed by partition. */
  bounds(topic: Topic, signal: AbortSignal): Promise<readonly Bounds[]>;

  /** The offset of the first record at or after `timestamp` (milliseconds since 1970), or else `end`. */
  offsetAt(topic: Topic, partition: Partition, timestamp: number, signal: AbortSignal): Promise<Offset>;

  /**
   * Joins a consumer group. Each partition of `topics` is given to exactly one of its members at a time;
   * what a member leaves uncommitted, the next one gets again. Resolves once the member has joined.
   */
  join(group: JoinedGroup, handler: GroupHandler, signal: AbortSignal): Promise<GroupMember>;
}

/** Thrown by `read`: the topic was deleted, and another one has its name now. */
export class TopicRecreated extends Error {
  override readonly name = 'TopicRecreated';
  constructor(readonly topic: Topic) {
    super(`The topic ${topic} was deleted and made anew`);
  }
}

/** Thrown by `read`: the range begins where the partition has nothing. */
export class OffsetOutOfRange extends Error {
  override readonly name = 'OffsetOutOfRange';
  constructor(
    readonly at: Position,
    readonly bounds: Bounds,
  ) {
    super(`${at.topic}/${at.partition} holds ${bounds.earliest} to ${bounds.end}, not ${at.offset}`);
  }
}
