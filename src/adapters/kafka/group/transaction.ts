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
import { divide, writeAll } from '../produce/writer.js';
import type { Connection } from '../wire/connection.js';
import { failureOf, unavailable } from '../wire/failures.js';
import { type Broker, GROUP_COORDINATOR, TRANSACTION_COORDINATOR } from '../wire/internals.js';
import type { Portion } from '../wire/portions.js';
import { ProducerId } from '../wire/producer-id.js';
import { committedOffset, type Membership, metadataOf, refused } from './group-offsets.js';

/** A transaction that its writer abandons is aborted by the broker after this long; readers wait until then. */
const TRANSACTION_TIMEOUT = 30_000;
/** How long one commit is tried. */
const COMMIT_WITHIN = 25_000;

/**
 * Commits outputs together with the group's progress in one partition. Its transactional id is that of
 * the group and the partition, so that whoever begins fences everybody before (D9).
 */
export class TransactionalWriter {
  private producer: ProducerId | undefined;
  private turn = 0;
  private elsewhere = false;
  private readonly transactionalId: string;

  constructor(
    private readonly writing: Connection,
    private readonly control: Connection,
    private readonly membership: Membership,
    private readonly at: TopicIdPartition,
    /** Where the group's progress stood when this member was given the partition. */
    private progress: Offset | undefined,
  ) {
    this.transactionalId = `${membership.groupId}-${at.topic}-${at.partition}`;
  }

  /** Whether the progress was found elsewhere than where this member left it: it has to begin anew. */
  get overtaken(): boolean {
    return this.elsewhere;
  }

  /**
   * Ends what former owners had begun, and fences them.
   * @returns where the group's progress stands, which none of them can move any more
   */
  async takeOver(signal: AbortSignal): Promise<Offset | undefined> {
    const producer = await this.identity(signal);
    this.progress = await committedOffset(this.control, this.membership.groupId, this.at, signal);
    await this.checkMembership(signal);
    this.producer = producer;
    return this.progress;
  }

  /** The progress was moved to `next` without a transaction. */
  moved(next: Offset): void {
    this.progress = next;
  }

  /** @throws {MillraceError} LOG_UNAVAILABLE, EVENT_TOO_LARGE, TOPIC_MISSING */
  async commit(
    next: Offset,
    outputs: readonly NewRecord[],
    lost: () => boolean,
  ): Promise<readonly Position[]> {
    using deadline = new Deadline(COMMIT_WITHIN);
    const { signal } = deadline;
    try {
      const portions = await divide(this.writing, outputs, () => this.turn++, signal);
      this.producer ??= await this.begin(signal);
      if (lost()) throw new Error(`${partitionName(this.at)} is no longer assigned`);
      const positions = await this.transact(this.producer, next, portions, outputs.length, signal);
      this.progress = next;
      return positions;
    } catch (error) {
      throw asCommitError(error, this.at);
    }
  }

  /**
   * Takes the transactional id from whoever had it, which ends their open transaction. Only then is it
   * certain where the group's progress stands: another owner may have committed while this one began.
   */
  private async begin(signal: AbortSignal): Promise<ProducerId> {
    const producer = await this.identity(signal);
    const { groupId } = this.membership;
    const progress = await committedOffset(this.control, groupId, this.at, signal);
    if (progress !== this.progress) {
      this.elsewhere = true;
      throw new Error(`The progress of ${groupId} in ${partitionName(this.at)} is not where it was left`);
    }
    await this.checkMembership(signal);
    return producer;
  }

  private async identity(signal: AbortSignal): Promise<ProducerId> {
    const { transactionalId } = this;
    const { producerId, producerEpoch } = await this.coordinate(
      (coordinator) =>
        coordinator.initProducerId({ transactionalId, transactionTimeout: TRANSACTION_TIMEOUT }),
      signal,
    );
    return new ProducerId(producerId, producerEpoch, transactionalId);
  }

  /** The broker does not look at the generation of a transaction's offsets, so it is asked before. */
  private async checkMembership(signal: AbortSignal): Promise<void> {
    const check = (group: Broker): Promise<unknown> => group.heartbeat(this.membership);
    await this.control.askCoordinator(this.membership.groupId, GROUP_COORDINATOR, check, signal);
  }

  private async transact(
    producer: ProducerId,
    next: Offset,
    portions: readonly Portion[],
    count: number,
    signal: AbortSignal,
  ): Promise<readonly Position[]> {
    const { transactionalId, at } = this;
    const { groupId } = this.membership;
    const transaction = { transactionalId, producerId: producer.id, producerEpoch: producer.epoch };
    try {
      const topics = [...new Set(portions.map(({ topic }) => topic))].map((topic) => {
        const mine = portions.filter((one) => one.topic === topic).map(({ partition }) => partition);
        return { topic, partitions: [...new Set(mine)] };
      });
      await this.coordinate((one) => one.addPartitionsToTxn({ ...transaction, topics }), signal);
      const positions = await writeAll(this.writing, producer, portions, count, signal);
      await this.coordinate((one) => one.addOffsetsToTxn({ ...transaction, groupId }), signal);
      const partitions = [{ partition: at.partition, offset: String(next), metadata: metadataOf(at) }];
      const offsets = [{ topic: at.topic, partitions }];
      await this.writing.askCoordinator(
        groupId,
        GROUP_COORDINATOR,
        (group) => group.txnOffsetCommit({ ...transaction, groupId, topics: offsets }),
        signal,
      );
      await this.end(transaction, true, signal);
      return positions;
    } catch (error) {
      // The next commit begins anew, which aborts whatever this attempt to abort may leave open.
      this.producer = undefined;
      using deadline = new Deadline(COMMIT_WITHIN);
      await this.end(transaction, false, deadline.signal).catch(() => {});
      throw error;
    }
  }

  private async end(
    transaction: { transactionalId: string; producerId: string; producerEpoch: number },
    transactionResult: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    await this.coordinate((one) => one.endTxn({ ...transaction, transactionResult }), signal);
  }

  private coordinate<T>(request: (coordinator: Broker) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.writing.askCoordinator(this.transactionalId, TRANSACTION_COORDINATOR, request, signal);
  }
}

function asCommitError(error: unknown, at: TopicPartition): MillraceError {
  const cause = error instanceof MillraceError && error.cause instanceof Error ? error.cause : error;
  const lost = refused(cause, at);
  if (lost !== undefined) return lost;
  if (!(error instanceof MillraceError)) return unavailable(error);
  // Whether a record of an aborted transaction was written makes no difference: nobody sees it.
  if (error.code !== 'PUBLISH_UNCERTAIN' && error.code !== 'PUBLISH_FAILED') return error;
  return new MillraceError('LOG_UNAVAILABLE', `Nothing was committed: ${failureOf(error).message}`, {
    cause: error,
  });
}
