import { assertNever } from '../../../core/errors.js';
import { failureOf } from '../wire/failures.js';
import type { ProducerId } from '../wire/producer-id.js';

/**
 * The transactions of one transactional id, one at a time: a state, and pure steps between states.
 * `TransactionalProducer` sends the requests.
 *
 * | state        | input                       | next         | what it means                                        |
 * |--------------|-----------------------------|--------------|------------------------------------------------------|
 * | unidentified | begin: an identity          | ready        | former owners are fenced, their transaction is ended |
 * | ready        | add: partitions to write to | open         | records and offsets may be written                   |
 * | open         | commit: about to be sent    | committing   | it may take effect from now on                       |
 * | committing   | committed                   | ready        | readers see all of it                                |
 * | ready, open  | a failure                   | unidentified | aborted: readers never see any of it                 |
 * | ready, open  | a failure that says fenced  | unidentified | fenced: a later owner has aborted the transaction    |
 * | committing   | any failure                 | unidentified | uncertain: committed or aborted                      |
 *
 * Every failure gives up the identity. The next `begin` gets a new epoch for the id, which makes the coordinator
 * end whatever was left open, so a failed abort does no harm.
 */
export type Transaction =
  | { readonly state: 'unidentified' }
  | { readonly state: 'ready'; readonly producer: ProducerId }
  | { readonly state: 'open'; readonly producer: ProducerId }
  | { readonly state: 'committing'; readonly producer: ProducerId };

/** How a transaction that failed has ended. */
export type FailedOutcome = 'aborted' | 'fenced' | 'uncertain';

interface FailureStep {
  readonly transaction: Transaction;
  readonly outcome: FailedOutcome;
  /** Whose open transaction to abort now. Without it readers wait for the broker's transaction timeout. */
  readonly abort: ProducerId | undefined;
}

export const UNIDENTIFIED: Transaction = { state: 'unidentified' };

/** Errors that a later owner of the transactional id causes: it has a higher epoch, or another producer id. */
export const FENCED_ERRORS: ReadonlySet<string> = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
]);

/** The coordinator has given the transactional id an identity. */
export function onBegin(producer: ProducerId): Transaction {
  return { state: 'ready', producer };
}

/** Partitions are about to be added, which opens the transaction. */
export function onAdd(transaction: Transaction): Extract<Transaction, { state: 'open' }> {
  if (transaction.state !== 'ready') throw outOfOrder('add partitions', transaction);
  return { state: 'open', producer: transaction.producer };
}

/** The commit is about to be sent. */
export function onCommit(transaction: Transaction): Transaction {
  if (transaction.state !== 'open') throw outOfOrder('commit', transaction);
  return { state: 'committing', producer: transaction.producer };
}

/** The coordinator has acknowledged the commit. */
export function onCommitted(transaction: Transaction): Transaction {
  if (transaction.state !== 'committing') throw outOfOrder('be committed', transaction);
  return { state: 'ready', producer: transaction.producer };
}

/** A request of the transaction failed for good, or its deadline passed. */
export function onFailure(transaction: Transaction, error: unknown): FailureStep {
  switch (transaction.state) {
    case 'unidentified':
      return { transaction, outcome: 'aborted', abort: undefined };
    case 'ready':
    case 'open':
      return FENCED_ERRORS.has(failureOf(error).type)
        ? { transaction: UNIDENTIFIED, outcome: 'fenced', abort: undefined }
        : { transaction: UNIDENTIFIED, outcome: 'aborted', abort: transaction.producer };
    case 'committing':
      // D1: the answer to the last attempt proves nothing, not even a refusal. The interleaving:
      //   1. EndTxn(commit) reaches the coordinator, which commits; its answer is lost;
      //   2. the retry is refused, because a later owner has fenced this one, or the id has expired.
      // No abort follows: the next `begin` settles it, and the caller need not wait for an answer that changes nothing.
      return { transaction: UNIDENTIFIED, outcome: 'uncertain', abort: undefined };
    default:
      return assertNever(transaction);
  }
}

function outOfOrder(what: string, { state }: Transaction): Error {
  return new Error(`A transaction cannot ${what} while it is ${state}`);
}
