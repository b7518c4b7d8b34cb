import { MillraceError } from '../core/errors.js';
import type { Offset } from '../core/ids.js';
import type { Position } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import type { AssignedBatch, GroupHandler, GroupMember, GroupSubscription } from './consumer-groups.js';

/** A batch whose progress can be committed together with what was made of it. */
export interface TransactionalBatch extends AssignedBatch {
  /**
   * Stores the group's progress and appends `outputs`: both or neither, and neither once another member has the
   * partition. May be called several times for a batch, each time with a later `through`, one call after the other.
   * When the handler rejects after that, the offsets after the last `through` are delivered again.
   * @param through the last offset that is done. Left out: all of the batch
   * @returns the position of each output
   * @throws {MillraceError} with `retry`: not now (LOG_UNAVAILABLE). Without it an output can never be committed as
   *   it is: EVENT_TOO_LARGE, TOPIC_MISSING, EVENT_INVALID
   */
  commit(outputs?: readonly NewRecord[], through?: Offset): Promise<readonly Position[]>;
}

export interface TransactionalSubscription extends GroupSubscription {
  /**
   * Fences former owners of a partition before `assigned` is called: everything that they had begun to commit can
   * then be read, or never will be, and they can commit no more (D9). Needed by a member that reads back what former
   * owners have committed. Without it, former owners are fenced by this member's own first commit.
   */
  readonly fenced?: boolean;
}

/**
 * Exactly-once steps within the log: what is appended becomes readable as a whole or not at all.
 *
 * - D1: `appendAtomically` appends all records or none, whatever fails.
 * - D9: a commit of outputs and progress by a former owner of a partition changes nothing.
 * - Readers never see records of a transaction that is open or was aborted.
 *
 * An implementation MUST pass test/contract/transactional-commit.ts.
 */
export interface TransactionalCommit {
  /**
   * As `EventLog.append`, but all of `records` or none: readers get every one of them, soon after this resolves at
   * the latest, or none of them ever. After PUBLISH_UNCERTAIN it is one of the two.
   * Costs more than `append` when the records belong to several partitions.
   * @throws {MillraceError} as `EventLog.append` does
   */
  appendAtomically(records: readonly NewRecord[], signal: AbortSignal): Promise<readonly Position[]>;

  /** As `ConsumerGroups.join`, for a handler that commits outputs with its progress. */
  join(
    subscription: TransactionalSubscription,
    handler: GroupHandler<TransactionalBatch>,
    signal: AbortSignal,
  ): Promise<GroupMember>;
}

/**
 * The transactions of a log, for a `purpose` that cannot do without, such as "services".
 * @throws {MillraceError} INTERNAL when the log has none
 */
export function requireTransactions(
  log: { readonly description: string; readonly transactions: TransactionalCommit | undefined },
  purpose: string,
): TransactionalCommit {
  if (log.transactions !== undefined) return log.transactions;
  const message = `${log.description} has no transactions, which ${purpose} require. Use another log.`;
  throw new MillraceError('INTERNAL', message);
}
