import { Deadline } from '../../../core/deadline.js';
import { MillraceError } from '../../../core/errors.js';
import type { Offset } from '../../../core/ids.js';
import {
  type Position,
  partitionName,
  type TopicIdPartition,
  type TopicPartition,
} from '../../../core/position.js';
import type { NewRecord } from '../../../core/record.js';
import { splitByPartition } from '../produce/split-by-partition.js';
import { TransactionalProducer, TransactionFailed } from '../produce/transactional-producer.js';
import type { Connection } from '../wire/connection.js';
import { failureOf } from '../wire/failures.js';
import { GROUP_COORDINATOR } from '../wire/internals.js';
import {
  asLostPartition,
  commitOffset,
  committedOffset,
  type Membership,
  metadataOf,
} from './group-offsets.js';

/** After this long the broker aborts a transaction that its owner abandoned; readers wait until then. */
const TRANSACTION_TIMEOUT_MS = 30_000;
/** How long one transactional commit is retried. Shorter than the transaction's own timeout. */
const COMMIT_TIMEOUT_MS = 25_000;

/** One for each partition that a group commits outputs for. Operators grant WRITE on those that begin with the group's id. */
export const transactionalIdOf = (group: string, { topic, partition }: TopicPartition): string =>
  `${group}-${topic}-${partition}`;

interface CommitContext {
  readonly membership: Membership;
  readonly control: Connection;
  readonly writing: Connection;
}

/**
 * A member's commits in one partition: progress alone, or outputs together with progress, in a transaction.
 *
 * The transactional id names the group and the partition. The broker does not check the generation of offsets in
 * a transaction, so the epoch of the id does the fencing (D9): the last one to begin is the owner. The interleaving
 * that this guards against:
 *   1. member A handles a batch, and pauses, for instance for garbage collection, until its session expires;
 *   2. member B gets the partition, handles the same batch, and commits: its `begin` raised the epoch;
 *   3. A wakes up and commits. Its epoch is old, so the coordinator refuses all of it.
 * If A wakes up between B's assignment and B's `begin`, A's commit succeeds, and B's `begin` finds that the progress
 * has moved. If A has not begun before, its own `begin` raises the epoch, checks that A is still a member, and fails;
 * B's next commit is fenced by it, and B begins again.
 */
export class PartitionCommits {
  readonly #at: TopicIdPartition;
  readonly #context: CommitContext;
  readonly #producer: TransactionalProducer;
  #progress: Offset | undefined;
  #progressMoved = false;
  /** Counts the outputs without a key, which take the partitions in turn. */
  #roundRobin = 0;

  constructor(at: TopicIdPartition, context: CommitContext) {
    this.#at = at;
    this.#context = context;
    const transactionalId = transactionalIdOf(context.membership.groupId, at);
    this.#producer = new TransactionalProducer(context.writing, transactionalId, TRANSACTION_TIMEOUT_MS);
  }

  /** The group's progress in the partition, as far as this member knows; `undefined` when there is none. */
  get progress(): Offset | undefined {
    return this.#progress;
  }

  /**
   * Whether a commit found the progress elsewhere than this member left it: a commit that this member took for
   * failed, or a former owner's, has succeeded. What follows has to start from the new progress.
   */
  get progressMoved(): boolean {
    return this.#progressMoved;
  }

  /** Reads the progress. A former owner may still move it. */
  async load(signal: AbortSignal): Promise<void> {
    const { control, membership } = this.#context;
    this.#progress = await committedOffset(control, membership.groupId, this.#at, signal);
  }

  /** Fences former owners, ends what they left open, and then reads the progress: nobody else can move it now. */
  async takeOver(signal: AbortSignal): Promise<void> {
    await this.#producer.begin(signal, async () => {
      await this.load(signal);
      await this.#checkMembership(signal);
    });
  }

  /**
   * Moves the progress to `next` and appends `outputs`: both or neither.
   * @param lost whether the partition has been taken away in the meantime
   * @throws {MillraceError} LOG_UNAVAILABLE, EVENT_TOO_LARGE, TOPIC_MISSING, EVENT_INVALID
   */
  async commit(
    next: Offset,
    outputs: readonly NewRecord[],
    lost: () => boolean,
  ): Promise<readonly Position[]> {
    if (outputs.length > 0) return this.#commitWithOutputs(next, outputs, lost);
    const { control, membership } = this.#context;
    await commitOffset(control, membership, this.#at, next);
    this.#progress = next;
    return [];
  }

  async #commitWithOutputs(
    next: Offset,
    outputs: readonly NewRecord[],
    lost: () => boolean,
  ): Promise<readonly Position[]> {
    using deadline = new Deadline(COMMIT_TIMEOUT_MS);
    const { signal } = deadline;
    const { writing, membership } = this.#context;
    const { groupId } = membership;
    try {
      const batches = await splitByPartition(writing, outputs, () => this.#roundRobin++, signal);
      if (!this.#producer.ready) await this.#begin(signal);
      if (lost()) throw new Error(`${partitionName(this.#at)} is no longer assigned to this member`);
      const progress = { ...this.#at, groupId, next, metadata: metadataOf(this.#at) };
      const positions = await this.#producer.run(batches, outputs.length, progress, signal);
      this.#progress = next;
      return positions;
    } catch (error) {
      throw asCommitError(error, this.#at);
    }
  }

  /** Takes the transactional id, and only then compares the progress: a former owner may have committed until now. */
  async #begin(signal: AbortSignal): Promise<void> {
    const { control, membership } = this.#context;
    await this.#producer.begin(signal, async () => {
      const progress = await committedOffset(control, membership.groupId, this.#at, signal);
      if (progress !== this.#progress) {
        this.#progressMoved = true;
        const from = `from ${this.#progress ?? 'none'} to ${progress ?? 'none'}`;
        throw new Error(`Another commit moved the progress in ${partitionName(this.#at)} ${from}`);
      }
      await this.#checkMembership(signal);
    });
  }

  /** The broker does not check the generation of a transaction's offsets. A heartbeat does. */
  async #checkMembership(signal: AbortSignal): Promise<void> {
    const { control, membership } = this.#context;
    await control.withCoordinator(
      membership.groupId,
      GROUP_COORDINATOR,
      (coordinator) => coordinator.heartbeat(membership),
      signal,
    );
  }
}

/** What a broker answers to records that it will never take, whatever their size. */
const REFUSALS: ReadonlySet<string> = new Set([
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'POLICY_VIOLATION',
]);

function asCommitError(error: unknown, at: TopicPartition): MillraceError {
  const failure = error instanceof TransactionFailed ? error.cause : error;
  const cause = failure instanceof MillraceError && failure.cause instanceof Error ? failure.cause : failure;
  const lost = asLostPartition(cause, at);
  if (lost !== undefined) return lost;
  // Whether records of an aborted transaction were written makes no difference: readers never see them.
  const code = failure instanceof MillraceError ? failure.code : 'PUBLISH_FAILED';
  if (failure instanceof MillraceError && code !== 'PUBLISH_UNCERTAIN' && code !== 'PUBLISH_FAILED')
    return failure;
  if (REFUSALS.has(failureOf(cause).type)) {
    const message = `Kafka refuses an output: ${failureOf(cause).message}`;
    return new MillraceError('EVENT_INVALID', message, { cause: failure });
  }
  const text = `The commit in ${partitionName(at)} failed: ${failureOf(failure).message}`;
  return new MillraceError('LOG_UNAVAILABLE', text, { cause: failure });
}
