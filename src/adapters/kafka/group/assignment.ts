import { backoffMs, pause } from '../../../core/async.js';
import { type Offset, offset } from '../../../core/ids.js';
import { type Position, partitionName, type TopicIdPartition } from '../../../core/position.js';
import type { NewRecord } from '../../../core/record.js';
import type { GroupHandler } from '../../../ports/consumer-groups.js';
import type { OnProblem } from '../../../ports/problem.js';
import type { TransactionalBatch } from '../../../ports/transactional-commit.js';
import { reached } from '../read.js';
import { boundsOf } from '../wire/bounds.js';
import type { Connection } from '../wire/connection.js';
import { failureOf } from '../wire/failures.js';
import type { Fetched } from '../wire/fetch.js';
import { commitOffset, committedOffset, type Membership } from './group-offsets.js';
import { TransactionalWriter } from './transaction.js';

/** What an assignment needs of its member. */
export interface AssignmentHost {
  readonly group: Membership;
  /** Offsets are fetched and committed over this one. */
  readonly control: Connection;
  /** Transactions go over this one. */
  readonly writing: Connection;
  /** Whether former owners are fenced before the handler hears of the partition. */
  readonly fenced: boolean;
  /** The topic may be another one by now: it is to be looked at. */
  doubt(): void;
}

/** Fetched batches that wait for their turn: one, so that fetching and handling overlap (C4). */
const AHEAD = 1;

/** One partition in the hands of one member, for one generation. */
export class Assignment {
  /** From where to fetch next; `undefined` while that is not known, or enough waits already. */
  private position: Offset | undefined;
  /** Counts the times the position was set back: what was fetched before is then not the next. */
  private epoch = 0;
  private readonly queue: Fetched[] = [];
  private readonly ending = new AbortController();
  private begun = false;
  /** The log did not have the position: where to begin is to be held against what it has. */
  private astray = false;
  private suspended = false;
  private lost = false;
  /** Where the group's progress stands, as far as this member knows. */
  private progress: Offset | undefined;
  private arrived = (): void => {};
  private transactions: TransactionalWriter | undefined;
  /** Is called when there is something to fetch again. */
  wake = (): void => {};

  constructor(
    readonly at: TopicIdPartition,
    private readonly host: AssignmentHost,
    private readonly handler: GroupHandler<TransactionalBatch>,
    private readonly onProblem: OnProblem,
  ) {}

  /** Whether the topic is missing: nothing is fetched until it is known to be there. */
  get missing(): boolean {
    return this.suspended;
  }

  suspend(): void {
    this.suspended = true;
    this.host.doubt();
  }

  resume(): void {
    if (!this.suspended) return;
    this.suspended = false;
    this.wake();
  }

  /** What to fetch now, if anything. */
  wanted(): { from: Offset; epoch: number } | undefined {
    if (this.position === undefined || this.queue.length > AHEAD || this.ending.signal.aborted)
      return undefined;
    return { from: this.position, epoch: this.epoch };
  }

  /** Takes what was fetched from `from` on, unless the position was set back meanwhile. */
  take(fetched: Fetched, epoch: number): void {
    if (epoch !== this.epoch || this.position === undefined) return;
    const last = reached(fetched, this.position);
    if (last === undefined) return;
    this.position = offset(last + 1);
    this.queue.push({ ...fetched, last });
    this.arrived();
  }

  /**
   * The partition does not have the position: retention has passed it, or the topic is another one, which is
   * looked at first. What waits is handled, and then the handler is asked again where to begin: what comes
   * next does not meet what came before (D5).
   */
  outOfRange(epoch: number): void {
    if (epoch !== this.epoch || this.position === undefined) return;
    this.host.doubt();
    this.position = undefined;
    this.begun = false;
    this.astray = true;
    this.arrived();
  }

  /** Ends the assignment. `lost`: it may be somebody else's, so that nothing may be committed any more. */
  end(lost: boolean): void {
    this.lost ||= lost;
    this.ending.abort(new Error(`${partitionName(this.at)} is no longer assigned to this member`));
    this.arrived();
  }

  /** Handles batches until the assignment ends, after `before` (the partition's last work) has ended. */
  async run(before: Promise<void>): Promise<void> {
    const { signal } = this.ending;
    await before;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        if (!(await this.begin())) break;
        while (!signal.aborted) {
          const fetched = await this.next();
          if (fetched === undefined) break;
          await this.handle(fetched);
          attempt = 0;
        }
      } catch (cause) {
        if (signal.aborted) break;
        const message = `${partitionName(this.at)} is tried again: ${failureOf(cause).message}`;
        this.onProblem({ kind: 'handler', message, cause });
        await pause(backoffMs(attempt, 5_000), signal);
      }
    }
    this.position = undefined;
    this.queue.length = 0;
  }

  /**
   * The handler is further than its group's progress, as after a commit that a rebalance refused: what is
   * before its place is done, and whoever watches the group's lag is to see that without another record.
   */
  private async catchUpProgress(asked: Offset | undefined, from: Offset): Promise<void> {
    if (asked === undefined || asked !== from || asked <= (this.progress ?? 0)) return;
    try {
      await this.commit(offset(asked - 1));
    } catch (cause) {
      if (this.ending.signal.aborted) return;
      const message = `The progress of ${partitionName(this.at)} is not moved: ${failureOf(cause).message}`;
      this.onProblem({ kind: 'group', message, cause });
    }
  }

  /** Finds out where to begin. @returns whether the assignment still stands */
  private async begin(): Promise<boolean> {
    if (this.begun) return true;
    const { signal } = this.ending;
    const { control, group, fenced } = this.host;
    // D9: before the handler reads anything back, and before the progress is looked at.
    if (fenced) this.progress = await this.takeOver(signal);
    const asked = await this.handler.assigned?.(this.at, signal);
    if (signal.aborted) return false;
    if (!fenced) this.progress = await committedOffset(control, group.groupId, this.at, signal);
    const from = await this.within(asked ?? this.progress, signal);
    if (signal.aborted) return false;
    await this.catchUpProgress(asked, from);
    if (signal.aborted) return false;
    this.epoch++;
    this.queue.length = 0;
    this.position = from;
    this.begun = true;
    this.wake();
    return true;
  }

  private takeOver(signal: AbortSignal): Promise<Offset | undefined> {
    const { control, writing, group } = this.host;
    this.transactions = new TransactionalWriter(writing, control, group, this.at, undefined);
    return this.transactions.takeOver(signal);
  }

  /** Where to begin. Only a fetch knows that a place is not there: a new leader may lag behind with its bounds. */
  private async within(from: Offset | undefined, signal: AbortSignal): Promise<Offset> {
    if (from !== undefined && !this.astray) return from;
    const { earliest, end } = await boundsOf(this.host.control, this.at, signal);
    this.astray = false;
    if (from === undefined || (from >= earliest && from <= end)) return from ?? earliest;
    const message = `${partitionName(this.at)} holds ${earliest} to ${end}, not ${from}; going on at ${earliest}`;
    this.onProblem({ kind: 'offset-out-of-range', message });
    return earliest;
  }

  private async next(): Promise<Fetched | undefined> {
    while (this.queue.length === 0 && this.begun && !this.ending.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.arrived = resolve;
      });
    }
    if (this.ending.signal.aborted) return undefined;
    const fetched = this.queue.shift();
    this.wake();
    return fetched;
  }

  private async handle(fetched: Fetched): Promise<void> {
    const { records, end } = fetched;
    const last = fetched.last ?? offset(-1);
    // Nothing to be seen, only holes: there is nobody to tell, and the next commit passes them.
    if (records.length === 0) return;
    const first = records[0]?.offset ?? last;
    const commit = (outputs?: readonly NewRecord[]): Promise<readonly Position[]> =>
      this.commit(last, outputs);
    const batch: TransactionalBatch = { ...this.at, records, last, end, signal: this.ending.signal, commit };
    try {
      await this.handler.batch(batch);
    } catch (error) {
      this.epoch++;
      this.queue.length = 0;
      // D1: what this member took for failed was committed: to hand it out again would make it act twice.
      if (this.transactions?.overtaken) {
        this.transactions = undefined;
        this.begun = false;
      }
      this.position = this.begun ? first : undefined;
      this.wake();
      throw error;
    }
  }

  private async commit(last: Offset, outputs: readonly NewRecord[] = []): Promise<readonly Position[]> {
    if (this.lost) throw this.ending.signal.reason;
    const { control, writing, group } = this.host;
    const next = offset(last + 1);
    if (outputs.length === 0) {
      await commitOffset(control, group, this.at, next);
      this.progress = next;
      this.transactions?.moved(next);
      return [];
    }
    this.transactions ??= new TransactionalWriter(writing, control, group, this.at, this.progress);
    const positions = await this.transactions.commit(next, outputs, () => this.lost);
    this.progress = next;
    return positions;
  }
}
