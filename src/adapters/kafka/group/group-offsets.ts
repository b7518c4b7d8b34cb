import { Deadline } from '../../../core/deadline.js';
import { MillraceError } from '../../../core/errors.js';
import { type Offset, offset } from '../../../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../../../core/position.js';
import type { Connection } from '../wire/connection.js';
import { failureOf, unavailable } from '../wire/failures.js';
import { GROUP_COORDINATOR } from '../wire/internals.js';

/** A member's standing in its group: what the broker checks a commit against. */
export interface Membership {
  readonly groupId: string;
  readonly memberId: string;
  readonly groupGenerationId: number;
}

/** How long a commit is tried: well below a session, after which the partition is another's. */
const COMMIT_WITHIN = 15_000;

/**
 * What a commit says besides its offset: of which topic it is. An offset of a topic that was deleted says
 * nothing of the one that was made anew under its name, and Kafka may not have forgotten it, or may take it
 * even later.
 */
export const metadataOf = ({ topicId }: TopicIdPartition): string | null =>
  topicId === undefined ? null : `topic=${topicId}`;

/** Where the group's progress stands, `undefined` when it has none in this partition of this topic. */
export async function committedOffset(
  connection: Connection,
  groupId: string,
  at: TopicIdPartition,
  signal: AbortSignal,
): Promise<Offset | undefined> {
  const { topic, partition } = at;
  const topics = [{ topic, partitions: [{ partition }] }];
  const { responses } = await connection.askCoordinator(
    groupId,
    GROUP_COORDINATOR,
    (coordinator) => coordinator.offsetFetch({ groupId, topics }),
    signal,
  );
  const found = responses[0]?.partitions[0];
  const place = Number(found?.offset ?? -1);
  const says = found?.metadata ?? '';
  const expected = metadataOf(at);
  // Whoever moves offsets by hand says nothing, and is believed.
  if (expected !== null && says.startsWith('topic=') && says !== expected) return undefined;
  return place >= 0 ? offset(place) : undefined;
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
  using deadline = new Deadline(COMMIT_WITHIN);
  const { signal } = deadline;
  const partitions = [{ partition: at.partition, offset: String(next), metadata: metadataOf(at) }];
  const topics = [{ topic: at.topic, partitions }];
  try {
    await connection.askCoordinator(
      membership.groupId,
      GROUP_COORDINATOR,
      (coordinator) =>
        coordinator.offsetCommit({ ...membership, topics }).catch((error: unknown) => {
          throw refused(error, at) ?? error;
        }),
      signal,
    );
  } catch (error) {
    throw error instanceof MillraceError ? error : unavailable(error);
  }
}

/** The error for a commit that the broker refuses for good, because the partition is another's. */
export function refused(error: unknown, at: TopicPartition): MillraceError | undefined {
  if (!LOST.has(failureOf(error).type)) return undefined;
  const message = `${partitionName(at)} is no longer this member's: nothing was committed`;
  return new MillraceError('LOG_UNAVAILABLE', message, { cause: error });
}

const LOST = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
]);
