import type { GraphQLFormattedError } from 'graphql';
import type { Identity } from '../../core/identity.js';
import type { ResultBatch, SharedResult } from './result-layout.js';

/** Where the results of one subscription go: the transport's side of it. */
export interface ResultSink {
  /**
   * Takes one result, or refuses it. `result` does not change afterwards, so a sink may keep its bytes without a
   * copy.
   * @returns `false` when the sink refuses it, because more bytes than the high-water mark wait to be written. The
   *   subscription then offers nothing until the transport calls `ActiveSubscription.onDrained` (D8)
   */
  next(result: SharedResult, tag: string): boolean;
  /**
   * Takes the whole batch or none of it. An optimisation: after a refusal the results are offered to `next`
   * one by one. The batch does not change afterwards, and is the same object for all members of a cohort.
   */
  nextAll?(batch: ResultBatch, tag: string): boolean;
  /** Whether the client reads positions. Otherwise none is made. */
  readonly readsPositions?: boolean;
  /**
   * Says where the subscription is, without a result (D4): whatever it had to show up to here was given to `next` before.
   * @param cursor the shared half: the client's cursor is `cursor + tag`
   * @param behind how many offsets the node is ahead; 0: the subscription is live
   * @returns `false` when the sink has no room. Nothing is lost by that: a later position says more
   */
  position?(cursor: string, tag: string, behind: number): boolean;
  /** The subscription ends with these errors. Nothing follows. */
  error(errors: readonly GraphQLFormattedError[]): void;
  /** The subscription ends. Nothing follows. */
  complete(): void;
}

/** The transport's handle on a running subscription. */
export interface ActiveSubscription {
  /** Notifies it that the sink has room again. */
  onDrained(): void;
  /**
   * S2: the client has renewed its credentials, for the same subject. The subscription keeps its position, or ends if the new
   * credentials do not allow it. After this returns, nothing is shown under the former ones.
   */
  renew(identity: Identity): void;
  /** Ends it on the client's behalf. Nothing reaches the sink afterwards. */
  close(): void;
}
