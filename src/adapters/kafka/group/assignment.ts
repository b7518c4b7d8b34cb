import { pause, retryPauseMs } from '../../../core/async.js';
import { type Offset, offset } from '../../../core/ids.js';
import { partitionName, type TopicIdPartition } from '../../../core/position.js';
import type { GroupHandler } from '../../../ports/consumer-groups.js';
import type { OnProblem } from '../../../ports/problem.js';
import type { TransactionalBatch } from '../../../ports/transactional-commit.js';
import { boundsOf } from '../wire/bounds.js';
import type { Connection } from '../wire/connection.js';
import { failureOf } from '../wire/failures.js';
import type { FetchedPartition } from '../wire/fetch.js';
import {
  type AssignmentState,
  type AssignmentStep,
  type FetchPosition,
  fetchPosition,
  INITIAL,
  onEnded,
  onFetched,
  onHandlerFailed,
  onOutOfRange,
  onStarted,
  onTake,
  type QueuedBatch,
} from './assignment-state.js';
import type { Membership } from './group-offsets.js';
import { PartitionCommits } from './partition-commits.js';

/** What the assignments of one generation share. */
interface AssignmentContext {
  readonly membership: Membership;
  /** For offsets and bounds: not the connection that fetches, where a long-polling fetch would delay them. */
  readonly control: Connection;
  /** For transactions. */
  readonly writing: Connection;
  /** Whether former owners are fenced before `assigned` is called. */
  readonly fenced: boolean;
  readonly handler: GroupHandler<TransactionalBatch>;
  readonly onProblem: OnProblem;
  /** Asks the cluster at once whether a topic was recreated. */
  recheckTopic(): void;
}

const MAX_RETRY_BACKOFF_MS = 5_000;

/**
 * The handler rejected a batch. It reports its failures itself: the port only promises another attempt, so this is not
 * reported a second time.
 */
class BatchFailed extends Error {}

/** Runs one assigned partition: the handler's batches, one after the other. Its states are `AssignmentState`s. */
export class Assignment {
  readonly at: TopicIdPartition;
  readonly #context: AssignmentContext;
  readonly #ended = new AbortController();
  #state: AssignmentState = INITIAL;
  #commits: PartitionCommits;
  #wakeRunner = (): void => {};
  /** Set by the fetcher: called when there is something to fetch again. */
  onFetchable = (): void => {};

  constructor(at: TopicIdPartition, context: AssignmentContext) {
    this.at = at;
    this.#context = context;
    this.#commits = new PartitionCommits(at, context);
  }

  /** What to fetch now, if anything. */
  get fetchPosition(): FetchPosition | undefined {
    return fetchPosition(this.#state);
  }

  /** Queues what was fetched, unless the position was reset in the meantime. */
  deliver(fetched: FetchedPartition, epoch: number): void {
    this.#apply(onFetched(this.#state, fetched, epoch));
  }

  /** The partition does not have the position that was fetched from. */
  outOfRange(epoch: number): void {
    this.#apply(onOutOfRange(this.#state, epoch));
  }

  /** Ends the assignment. `lost`: another member may own the partition, so nothing may be committed any more. */
  end(lost: boolean): void {
    this.#apply(onEnded(this.#state, lost));
    this.#ended.abort(new Error(`${partitionName(this.at)} is no longer assigned to this member`));
  }

  /** Resolves once the assignment has ended, and with it the in-flight batch. @param before the partition's last run */
  async run(before: Promise<void>): Promise<void> {
    const { signal } = this.#ended;
    // A partition may return to this member while the batch of an earlier generation is still in flight.
    await before;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        if (this.#state.state === 'starting') await this.#start(signal);
        for (let batch = await this.#next(); batch !== undefined; batch = await this.#next()) {
          await this.#handle(batch);
          attempt = 0;
        }
      } catch (cause) {
        if (signal.aborted) break;
        if (!(cause instanceof BatchFailed)) {
          const message = `Handling ${partitionName(this.at)} failed; retrying: ${failureOf(cause).message}`;
          this.#context.onProblem({ kind: 'handler', message, cause });
        }
        await pause(retryPauseMs(cause, attempt, MAX_RETRY_BACKOFF_MS), signal);
      }
    }
  }

  #apply({ state, effects }: AssignmentStep): void {
    this.#state = state;
    for (const effect of effects) {
      if (effect === 'fetch') this.onFetchable();
      else if (effect === 'handle') this.#wakeRunner();
      else this.#context.recheckTopic();
    }
  }

  /** Finds the start. The order matters: fence, then the offset that the handler requests, then the group's progress. */
  async #start(signal: AbortSignal): Promise<void> {
    const { fenced, handler } = this.#context;
    this.#commits = new PartitionCommits(this.at, this.#context);
    // D9: before the handler reads back what former owners committed, none of them can commit any more.
    if (fenced) await this.#commits.takeOver(signal);
    const requested = await handler.assigned?.(this.at, signal);
    if (signal.aborted) return;
    if (!fenced) await this.#commits.load(signal);
    const from = await this.#validPosition(requested ?? this.#commits.progress, signal);
    if (signal.aborted) return;
    if (requested === from) await this.#catchUpProgress(from, signal);
    if (signal.aborted) return;
    this.#apply(onStarted(this.#state, from));
  }

  /**
   * Only a fetch proves whether the log has a position: the bounds that a new leader reports may lag behind. So they
   * are requested only when there is no position, or a fetch has failed.
   */
  async #validPosition(from: Offset | undefined, signal: AbortSignal): Promise<Offset> {
    const positionLost = this.#state.state === 'starting' && this.#state.positionLost;
    if (from !== undefined && !positionLost) return from;
    const { earliest, end } = await boundsOf(this.#context.control, this.at, signal);
    if (from === undefined) return earliest;
    if (from >= earliest && from <= end) return from;
    const message = `${partitionName(this.at)} has offsets ${earliest} to ${end}, not ${from}: continuing at ${earliest}`;
    this.#context.onProblem({ kind: 'offset-out-of-range', message });
    return earliest;
  }

  /**
   * The handler may be ahead of its group's progress, for instance after a commit that a rebalance refused.
   * Committing its offset keeps the group's lag right, without waiting for another record.
   */
  async #catchUpProgress(from: Offset, signal: AbortSignal): Promise<void> {
    if (from <= (this.#commits.progress ?? 0)) return;
    try {
      await this.#commits.commit(from, [], () => this.#lost);
    } catch (cause) {
      if (signal.aborted) return;
      const message = `Committing offset ${from} of ${partitionName(this.at)} failed: ${failureOf(cause).message}`;
      this.#context.onProblem({ kind: 'group', message, cause });
    }
  }

  /** The next batch; `undefined` once the assignment has to start again, or has ended. */
  async #next(): Promise<QueuedBatch | undefined> {
    for (;;) {
      const { batch, ...step } = onTake(this.#state);
      this.#apply(step);
      if (batch !== undefined || this.#state.state !== 'running') return batch;
      await new Promise<void>((resolve) => {
        this.#wakeRunner = resolve;
      });
    }
  }

  async #handle({ records, last, end }: QueuedBatch): Promise<void> {
    const first = records[0]?.offset;
    // Only holes, which transactions and compaction leave: there is nothing to handle, and the next commit passes them.
    if (first === undefined) return;
    const { signal } = this.#ended;
    const commits = this.#commits;
    let next = first;
    const batch: TransactionalBatch = {
      ...this.at,
      records,
      last,
      end,
      signal,
      commit: async (outputs = [], through = last) => {
        if (this.#lost) throw signal.reason;
        const positions = await commits.commit(offset(through + 1), outputs, () => this.#lost);
        next = offset(through + 1);
        return positions;
      },
    };
    try {
      await this.#context.handler.batch(batch);
    } catch (error) {
      this.#apply(onHandlerFailed(this.#state, next, commits.progressMoved));
      throw new BatchFailed('The handler rejected a batch.', { cause: error });
    }
  }

  get #lost(): boolean {
    return this.#state.state === 'ended' && this.#state.lost;
  }
}
