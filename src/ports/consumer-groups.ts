import type { Offset, Topic } from '../core/ids.js';
import type { TopicIdPartition } from '../core/position.js';
import type { LogBatch } from '../core/record.js';

/** A batch that was delivered to a member of a consumer group. */
export interface AssignedBatch extends LogBatch {
  /** Aborted when this member loses the partition: whatever is being done with the batch has to stop. */
  readonly signal: AbortSignal;
  /**
   * Stores the group's progress: `last` is done, and later offsets come next. Does nothing once another member has
   * the partition. Called at most once per batch.
   * @throws {MillraceError} LOG_UNAVAILABLE
   */
  commit(): Promise<unknown>;
}

/** Which group to join, and for which topics. */
export interface GroupSubscription {
  readonly group: string;
  readonly topics: readonly Topic[];
}

/** What a member does with its partitions. `Batch` says how it can commit. */
export interface GroupHandler<Batch extends LogBatch = AssignedBatch> {
  /**
   * Called once per assignment of a partition, before its first batch, even when the partition is empty.
   *
   * Batches between two calls are contiguous and of one topic, the one with `topicId`. It is therefore called again
   * when the topic was deleted and recreated, when the log no longer has the member's position, and when a commit of
   * this member turns out to have succeeded although it seemed to fail.
   * @param signal aborted when this member loses the partition
   * @returns where to begin; everything before it counts as done. `undefined`: at the group's progress in this
   *   topic, or else at the earliest record. An offset that the partition does not have becomes the earliest.
   */
  assigned?(partition: TopicIdPartition, signal: AbortSignal): Promise<Offset | undefined>;
  /**
   * Called with the batches of one partition one after the other; those of different partitions may overlap.
   * When it rejects, the same offsets are delivered again after a pause, to this member or to another. It reports its
   * failures itself: the log does not.
   */
  batch(batch: Batch): Promise<void>;
}

/** One member of a consumer group. Disposing leaves the group, after the batches in progress have finished. */
export interface GroupMember extends AsyncDisposable {
  /** Resolves when the member has left. Rejects when it cannot continue; it retries what can be retried itself. */
  readonly ended: Promise<void>;
}

/**
 * Shares the partitions of topics among the members of a group, and remembers how far the group is.
 *
 * - Each partition is assigned to exactly one member of a group at a time.
 * - Every record reaches the group: what a member leaves uncommitted is delivered to the next one again.
 * - D3: the batches of a partition are delivered in offset order.
 * - D9: a member that has lost a partition cannot move its progress.
 *
 * An implementation MUST pass test/contract/consumer-groups.ts.
 */
export interface ConsumerGroups {
  /** Joins a group. Resolves once the member has joined; its partitions are assigned after that. */
  join(subscription: GroupSubscription, handler: GroupHandler, signal: AbortSignal): Promise<GroupMember>;
}
