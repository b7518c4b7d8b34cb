import { Deadline } from '../../../core/deadline.js';
import { MillraceError } from '../../../core/errors.js';
import { type Offset, offset } from '../../../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../../../core/position.js';
import { FENCED_ERRORS } from '../produce/transaction.js';
import type { Connection } from '../wire/connection.js';
import { failureOf, unavailable } from '../wire/failures.js';
import { GROUP_COORDINATOR } from '../wire/internals.js';

/** A member's identity in one generation of its group: what the broker checks a commit against. */
export interface Membership {
  readonly groupId: string;
  readonly memberId: string;
  readonly groupGenerationId: number;
}

/** How long a commit is retried: well below a session, after which another member may own the partition. */
const COMMIT_TIMEOUT_MS = 15_000;

/** Errors that say that the group has another generation, or does not know the member. */
const GENERATION_ERRORS: ReadonlySet<string> = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
]);

/** Whether the group has to be joined again: every partition may have another owner. */
export const isGenerationError = (type: string): boolean => GENERATION_ERRORS.has(type);

/**
 * The metadata of a committed offset: the id of its topic. Kafka keeps the offsets of a deleted topic for a while,
 * and may even accept one late. When the topic is recreated, such an offset must not count for the new one (D5).
 */
export const metadataOf = ({ topicId }: TopicIdPartition): string | null =>
  topicId === undefined ? null : `topic=${topicId}`;

/** The group's progress in this partition of this topic; `undefined` when it has none. */
export async function committedOffset(
  connection: Connection,
  groupId: string,
  at: TopicIdPartition,
  signal: AbortSignal,
): Promise<Offset | undefined> {
  const { topic, partition } = at;
  const topics = [{ topic, partitions: [{ partition }] }];
  const { responses } = await connection.withCoordinator(
    groupId,
    GROUP_COORDINATOR,
    (coordinator) => coordinator.offsetFetch({ groupId, topics }),
    signal,
    [connection.rightOn(topic)],
  );
  const found = responses[0]?.partitions[0];
  const committed = Number(found?.offset ?? -1);
  const metadata = found?.metadata ?? '';
  const expected = metadataOf(at);
  // Tools that move offsets by hand write no metadata; their offsets count.
  if (expected !== null && metadata.startsWith('topic=') && metadata !== expected) return undefined;
  return committed >= 0 ? offset(committed) : undefined;
}

/**
 * Moves the group's progress to `next`. The broker refuses it when the group has a newer generation (D9).
 * @throws {MillraceError} LOG_UNAVAILABLE
 */
export async function commitOffset(
  connection: Connection,
  membership: Membership,
  at: TopicIdPartition,
  next: Offset,
): Promise<void> {
  using deadline = new Deadline(COMMIT_TIMEOUT_MS);
  const { signal } = deadline;
  const partitions = [{ partition: at.partition, offset: String(next), metadata: metadataOf(at) }];
  const topics = [{ topic: at.topic, partitions }];
  try {
    await connection.withCoordinator(
      membership.groupId,
      GROUP_COORDINATOR,
      (coordinator) =>
        coordinator.offsetCommit({ ...membership, topics }).catch((error: unknown) => {
          // REBALANCE_IN_PROGRESS is transient for other requests. A commit of this generation never succeeds again.
          throw asLostPartition(error, at) ?? error;
        }),
      signal,
      [connection.rightOn(at.topic)],
    );
  } catch (error) {
    throw error instanceof MillraceError ? error : unavailable(error);
  }
}

/** The error for a commit that the broker refuses for good, because another member may own the partition. */
export function asLostPartition(error: unknown, at: TopicPartition): MillraceError | undefined {
  const { type } = failureOf(error);
  if (!isGenerationError(type) && !FENCED_ERRORS.has(type)) return undefined;
  const message = `${partitionName(at)} is no longer assigned to this member: the commit was refused`;
  return new MillraceError('LOG_UNAVAILABLE', message, { cause: error });
}
