import { Deadline } from '../../../core/deadline.js';
import type { Offset, Topic } from '../../../core/ids.js';
import type { Position, TopicPartition } from '../../../core/position.js';
import type { Connection } from '../wire/connection.js';
import { failureOf } from '../wire/failures.js';
import type { Broker } from '../wire/internal-types.js';
import { GROUP_COORDINATOR, TRANSACTION_COORDINATOR } from '../wire/internals.js';
import type { PartitionBatch } from '../wire/partition-batch.js';
import { ProducerId } from '../wire/producer-id.js';
import type { Right } from '../wire/refused.js';
import {
  type FailedOutcome,
  onAdd,
  onBegin,
  onCommit,
  onCommitted,
  onFailure,
  type Transaction,
  UNIDENTIFIED,
} from './transaction.js';
import { writeAll } from './write-all.js';

/** How long an abort is retried. If it fails, the next `begin` or the broker's timeout ends the transaction. */
const ABORT_TIMEOUT_MS = 5_000;

/** A consumer group's progress in one partition, to be committed with a transaction. */
interface GroupOffset extends TopicPartition {
  readonly groupId: string;
  /** The offset after the last record that was processed. */
  readonly next: Offset;
  readonly metadata: string | null;
}

/** A transaction that did not succeed; `cause` is the failure. */
export class TransactionFailed extends Error {
  override readonly name = 'TransactionFailed';
  constructor(
    readonly outcome: FailedOutcome,
    cause: unknown,
  ) {
    super(`The transaction is ${outcome}: ${failureOf(cause).message}`, { cause });
  }
}

/** Runs the transactions of one transactional id, one at a time. */
export class TransactionalProducer {
  readonly #connection: Connection;
  readonly #transactionalId: string;
  readonly #timeoutMs: number;
  #transaction: Transaction = UNIDENTIFIED;

  /** @param timeoutMs after which the broker aborts a transaction that its producer abandoned; readers wait */
  constructor(connection: Connection, transactionalId: string, timeoutMs: number) {
    this.#connection = connection;
    this.#transactionalId = transactionalId;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether transactions can run: the transactional id is this producer's, as far as it knows. */
  get ready(): boolean {
    return this.#transaction.state === 'ready';
  }

  /**
   * Takes the transactional id. Its former owners are fenced, and a transaction that they left open is ended:
   * the coordinator answers CONCURRENT_TRANSACTIONS until then, and the request is retried.
   * @param verify runs once no former owner can commit any more. If it rejects, the producer is not ready.
   */
  async begin(signal: AbortSignal, verify?: () => Promise<void>): Promise<void> {
    this.#transaction = UNIDENTIFIED;
    const transactionalId = this.#transactionalId;
    const request = { transactionalId, transactionTimeout: this.#timeoutMs };
    const { producerId, producerEpoch } = await this.#coordinate(
      (coordinator) => coordinator.initProducerId(request),
      signal,
    );
    await verify?.();
    this.#transaction = onBegin(new ProducerId(producerId, producerEpoch, transactionalId));
  }

  /**
   * Writes all batches, and moves a group's progress, in one transaction. The producer must be `ready`.
   * @returns the position of each of `count` records, in the order of the caller's list
   * @throws {TransactionFailed}
   */
  async run(
    batches: readonly PartitionBatch[],
    count: number,
    progress: GroupOffset | undefined,
    signal: AbortSignal,
  ): Promise<readonly Position[]> {
    try {
      const open = onAdd(this.#transaction);
      this.#transaction = open;
      const { producer } = open;
      // What is added is known to the coordinator before anything is written: it ends only what it knows.
      await allEnded(
        this.#addPartitions(producer, batches, signal),
        progress && this.#addGroup(producer, progress, signal),
      );
      const [positions] = await allEnded(
        writeAll(this.#connection, producer, batches, count, signal),
        progress && this.#writeProgress(producer, progress, signal),
      );
      this.#transaction = onCommit(this.#transaction);
      await this.#end(producer, true, signal);
      this.#transaction = onCommitted(this.#transaction);
      return positions;
    } catch (error) {
      const { transaction, outcome, abort } = onFailure(this.#transaction, error);
      this.#transaction = transaction;
      if (abort !== undefined) {
        using deadline = new Deadline(ABORT_TIMEOUT_MS);
        // Best effort: see ABORT_TIMEOUT_MS.
        await this.#end(abort, false, deadline.signal).catch(() => {});
      }
      throw new TransactionFailed(outcome, error);
    }
  }

  async #addPartitions(
    producer: ProducerId,
    batches: readonly PartitionBatch[],
    signal: AbortSignal,
  ): Promise<void> {
    const topics = partitionsByTopic(batches);
    const needed = topics.map(({ topic }) => this.#connection.rightOn(topic));
    const header = this.#header(producer);
    await this.#coordinate((one) => one.addPartitionsToTxn({ ...header, topics }), signal, needed);
  }

  async #addGroup(producer: ProducerId, { groupId }: GroupOffset, signal: AbortSignal): Promise<void> {
    const header = this.#header(producer);
    await this.#coordinate((one) => one.addOffsetsToTxn({ ...header, groupId }), signal, [
      { on: 'group', name: groupId, right: 'READ' },
    ]);
  }

  async #writeProgress(producer: ProducerId, progress: GroupOffset, signal: AbortSignal): Promise<void> {
    const { groupId, topic, partition, next, metadata } = progress;
    const header = this.#header(producer);
    const topics = [{ topic, partitions: [{ partition, offset: String(next), metadata }] }];
    await this.#connection.withCoordinator(
      groupId,
      GROUP_COORDINATOR,
      (group) => group.txnOffsetCommit({ ...header, groupId, topics }),
      signal,
      [
        { on: 'topic', name: topic, right: 'READ' },
        { on: 'transactional id', name: this.#transactionalId, right: 'WRITE' },
      ],
    );
  }

  async #end(producer: ProducerId, commit: boolean, signal: AbortSignal): Promise<void> {
    const request = { ...this.#header(producer), transactionResult: commit };
    await this.#coordinate((coordinator) => coordinator.endTxn(request), signal);
  }

  #header({ id, epoch }: ProducerId) {
    return { transactionalId: this.#transactionalId, producerId: id, producerEpoch: epoch };
  }

  #coordinate<T>(
    request: (coordinator: Broker) => Promise<T>,
    signal: AbortSignal,
    needed: readonly Right[] = [],
  ): Promise<T> {
    const id = this.#transactionalId;
    return this.#connection.withCoordinator(id, TRANSACTION_COORDINATOR, request, signal, needed);
  }
}

/**
 * Waits for both, also when one of them has failed, because the abort has to come last. The interleaving that this guards
 * against: a write is under way, the abort overtakes it, and the write opens a transaction that nobody ends. Readers wait
 * behind it until the broker's timeout.
 * @throws the first one's failure, or else the second one's
 */
async function allEnded<T>(first: Promise<T>, second: Promise<void> | undefined): Promise<readonly [T]> {
  const [one, other] = await Promise.allSettled([first, second]);
  if (one.status === 'rejected') throw one.reason;
  if (other.status === 'rejected') throw other.reason;
  return [one.value];
}

function partitionsByTopic(batches: readonly PartitionBatch[]): { topic: Topic; partitions: number[] }[] {
  return [...new Set(batches.map(({ topic }) => topic))].map((topic) => {
    const ofTopic = batches.filter((batch) => batch.topic === topic);
    return { topic, partitions: [...new Set(ofTopic.map(({ partition }) => partition))] };
  });
}
