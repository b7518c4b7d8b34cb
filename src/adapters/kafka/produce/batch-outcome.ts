import { type Offset, offset } from '../../../core/ids.js';
import { failureOf } from '../wire/failures.js';
import { errorOfCode } from '../wire/internals.js';

/** What became of one batch in one request. */
export type BatchOutcome =
  | { readonly status: 'written'; readonly base: Offset }
  /** Retrying does not help. */
  | { readonly status: 'refused'; readonly error: Error }
  /** `sent`: the broker may have written it all the same. */
  | { readonly status: 'retry'; readonly sent: boolean; readonly error: unknown };

interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly PartitionAnswer[];
  }[];
}

interface PartitionAnswer {
  readonly partition: number;
  readonly errorCode: number;
  readonly baseOffset: string;
}

/** Errors that a leader answers although it may have written the batch to its own log. */
const MAYBE_WRITTEN = new Set(['REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND']);

/** Each partition's outcome, by `partitionName`. @param answer as kafkajs's produce/v5/response.js decodes it */
export function outcomesOf(answer: unknown): Map<string, BatchOutcome> {
  // The shape is kafkajs's, which is pinned; the live tests run through it.
  const { topics } = answer as ProduceAnswer;
  return new Map(
    topics.flatMap(({ topicName, partitions }) =>
      partitions.map((one) => [`${topicName}/${one.partition}`, outcomeOf(one)] as const),
    ),
  );
}

function outcomeOf({ errorCode, baseOffset }: PartitionAnswer): BatchOutcome {
  if (errorCode === 0) return { status: 'written', base: offset(Number(baseOffset)) };
  const error = errorOfCode(errorCode);
  const { type, retriable } = failureOf(error);
  if (MAYBE_WRITTEN.has(type)) return { status: 'retry', sent: true, error };
  // UNKNOWN_TOPIC_OR_PARTITION is retriable too: a leader's metadata may be older than the topic. If the topic was
  // deleted, the next round fails when it looks for the leader.
  if (retriable) return { status: 'retry', sent: false, error };
  return { status: 'refused', error };
}
