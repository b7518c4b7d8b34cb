import type { GraphQLFormattedError } from 'graphql';
import type { Identity } from '../../core/identity.js';
import type { ResultBatch, SharedResult } from '../../subscribe/delivery/result-layout.js';
import type { ActiveSubscription, ResultSink } from '../../subscribe/delivery/result-sink.js';

/** How a transport sends the results of one operation: it frames them and hands them to its connection. */
export interface OperationOutput {
  /** One result of a subscription. @returns `false` when it was refused: too much is pending (D8) */
  next(result: SharedResult, tag: string): boolean;
  /** All results of a batch, or none of them. Absent: the transport takes them only one by one. */
  nextAll?(batch: ResultBatch, tag: string): boolean;
  /** Whether the client reads positions. */
  readonly readsPositions: boolean;
  /** Says where a subscription is, without a result. @returns `false` when there is no room for it */
  position(cursor: string, tag: string, behind: number): boolean;
  /** The whole result of a query or mutation, and its completion. */
  result(json: string): void;
  /** The operation ends with these errors. */
  error(errors: readonly GraphQLFormattedError[]): void;
  complete(): void;
}

/**
 * `running` → `ended` by the operation itself: its last message is sent, nothing follows.
 * `running` → `cancelled` by the client or its connection: nothing is sent for it any more.
 */
type State = 'running' | 'ended' | 'cancelled';

/**
 * One operation of one client, from its start to its end, on any transport. It guards its output: whatever
 * the end was, nothing is sent after it.
 */
export class RunningOperation implements ResultSink {
  readonly #output: OperationOutput;
  #state: State = 'running';
  #subscription: ActiveSubscription | undefined;
  #abort: AbortController | undefined;
  #hasRefused = false;

  constructor(output: OperationOutput) {
    this.#output = output;
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /**
   * Aborted when the operation is cancelled. Created on first use, because subscriptions never read it and
   * there may be a million of them.
   */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#state === 'cancelled') this.#abort.abort();
    return this.#abort.signal;
  }

  /** @param subscription the one that fills this sink; it may have ended the operation already */
  attach(subscription: ActiveSubscription): void {
    if (this.#state === 'running') this.#subscription = subscription;
    else subscription.close();
  }

  /** Hot path (bench: fanout). */
  next(result: SharedResult, tag: string): boolean {
    if (this.#state !== 'running') return true;
    const taken = this.#output.next(result, tag);
    if (!taken) this.#hasRefused = true;
    return taken;
  }

  /** Hot path (bench: fanout). A refused batch is offered again through `next`, which remembers the refusal. */
  nextAll(batch: ResultBatch, tag: string): boolean {
    if (this.#state !== 'running') return true;
    return this.#output.nextAll?.(batch, tag) ?? false;
  }

  get readsPositions(): boolean {
    return this.#output.readsPositions;
  }

  position(cursor: string, tag: string, behind: number): boolean {
    return this.#state === 'running' && this.#output.position(cursor, tag, behind);
  }

  /** The whole result of a query or mutation. */
  result(json: string): void {
    if (this.#state !== 'running') return;
    this.#state = 'ended';
    this.#output.result(json);
  }

  error(errors: readonly GraphQLFormattedError[]): void {
    if (this.#state !== 'running') return;
    this.#state = 'ended';
    this.#output.error(errors);
  }

  complete(): void {
    if (this.#state !== 'running') return;
    this.#state = 'ended';
    this.#output.complete();
  }

  /** Whether a result was refused since the last `drained`. */
  get hasRefused(): boolean {
    return this.#hasRefused;
  }

  /** The connection has room again: a subscription that was refused replays what it missed (D8). */
  onDrained(): void {
    if (!this.#hasRefused) return;
    // Cleared first: the replay may fill the connection again, which sets it again.
    this.#hasRefused = false;
    this.#subscription?.onDrained();
  }

  /** S2: a subscription goes on under the renewed credentials. Queries and mutations keep those that they began with. */
  renew(identity: Identity): void {
    this.#subscription?.renew(identity);
  }

  /** The client no longer wants the operation, or is gone. */
  cancel(): void {
    if (this.#state !== 'running') return;
    this.#state = 'cancelled';
    this.#subscription?.close();
    this.#abort?.abort();
  }
}
