import { pause } from '../core/async.js';
import { idMarkOf } from '../core/envelope/id-mark.js';
import { MillraceError } from '../core/errors.js';
import type { Offset, Topic } from '../core/ids.js';
import { type Position, partitionName, type TopicPartition } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import { refusalIn } from '../core/refusal.js';
import type { GroupHandler } from '../ports/consumer-groups.js';
import type { EventLog } from '../ports/event-log.js';
import type { TransactionalBatch } from '../ports/transactional-commit.js';
import type { DeadLetter } from './dead-letter.js';
import { type RedriveNote, readDeadLetterEntry, redriveMarkers } from './dead-letter-topic.js';
import { RecordRestorer, type RestoredRecord } from './record-restorer.js';
import { type PendingRange, type RedriveLedger, readRedriveLedger } from './redrive-ledger.js';

export interface RedriveOptions {
  readonly log: EventLog;
  /** The consumer group. Several redrives at the same time are its members, and share the dead letters. */
  readonly group: string;
  /** The dead-letter topics. */
  readonly topics: readonly Topic[];
  /** The positions whose records are redriven, as `positionName` writes them; `undefined`: all of them. */
  readonly only: ReadonlySet<string> | undefined;
  /** Narrows the selection down. Left out: all letters of `only`. */
  readonly isSelected?: ((letter: DeadLetter) => boolean) | undefined;
  /** What is put back instead of the record as it was, by `DeadLetter.recordId`. */
  readonly edited?: ReadonlyMap<string, NewRecord> | undefined;
  /** Who redrives: the `sub` claim, if there is one. The marker says so. */
  readonly by?: string | undefined;
  /** How many records are put back: the oldest. Left out: all of them. */
  readonly limit?: number | undefined;
  /** C4: how many records of a dead-letter topic are read. @throws when one has more */
  readonly maxRecordsRead?: number | undefined;
  /** How long to wait for partitions, in milliseconds, before others get those of this member (10,000). */
  readonly stalledMs?: number | undefined;
  /** Called for each record right after it was redriven. `to`: its new position, if that is known. */
  readonly onRedriven: (from: string, to: Position | undefined, idempotent: boolean) => void;
  readonly signal: AbortSignal;
}

/** How many times a batch is attempted while the log reports errors that pass. */
const MAX_ATTEMPTS = 8;

/** A record to redrive, with the position that it came from. */
interface Redrive {
  readonly originName: string;
  readonly record: NewRecord;
}

/** One member of the redrive group: redrives the dead letters of the partitions that it is assigned. */
export class RedriveMember implements GroupHandler<TransactionalBatch> {
  redriven = 0;
  /** The selected records that somebody else redrove, by `DeadLetter.recordId`. */
  readonly byOthers = new Map<string, string>();
  /** The records that could not be restored, by `DeadLetter.recordId`. */
  readonly failed = new Map<string, { readonly position: string; readonly reason: string }>();
  readonly #options: RedriveOptions;
  readonly #isSelected: (letter: DeadLetter) => boolean;
  readonly #restorer: RecordRestorer;
  /** What is left of each partition, up to its end when the redrive began. A finished one is removed. */
  readonly #pending = new Map<string, PendingRange>();
  /** The records known to be redriven (`DeadLetter.recordId`), for each partition of the dead letters. */
  readonly #redriven = new Map<string, Set<string>>();
  /** The records of commits that failed: they may have been redriven all the same. */
  readonly #uncertain = new Set<string>();
  /** Those that this member has redriven. */
  readonly #own = new Set<string>();
  readonly #attempts = new Map<string, number>();
  /** Batches with letters of this member so far, and those in hand. */
  #steps = 0;
  #working = 0;
  #settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #fatal: unknown;

  constructor(
    options: RedriveOptions,
    isSelected: (letter: DeadLetter) => boolean,
    ledgers: ReadonlyMap<Topic, RedriveLedger>,
  ) {
    this.#options = options;
    this.#isSelected = isSelected;
    this.#restorer = new RecordRestorer(options.log);
    for (const [topic, { pending }] of ledgers) {
      for (const [partition, range] of pending) this.#pending.set(partitionName({ topic, partition }), range);
    }
  }

  get isFinished(): boolean {
    return this.#pending.size === 0;
  }

  /**
   * Resolves when all selected records are redriven. Rejects when that is impossible, or `signal` is aborted.
   * @param left aborted when nobody awaits the result any more
   */
  ended(signal: AbortSignal, left: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      if (this.#fatal !== undefined) reject(this.#fatal);
      else if (this.isFinished) resolve();
      if (signal.aborted) reject(signal.reason);
      else signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: left });
    });
  }

  /** Resolves when nothing was done for this member for `milliseconds`, or nobody awaits it any more. */
  async stalled(milliseconds: number, left: AbortSignal): Promise<'stalled'> {
    // Once `left` is aborted no pause takes any time: with a batch in hand, this would let nothing else run.
    for (let before = -1; !left.aborted && (before !== this.#steps || this.#working > 0); ) {
      before = this.#steps;
      await pause(milliseconds, left);
    }
    return 'stalled';
  }

  async assigned(at: TopicPartition): Promise<Offset | undefined> {
    const name = partitionName(at);
    // The former owner of the partition may have redriven some of it.
    this.#redriven.delete(name);
    // Not the group's progress: a redrive of other positions may have moved it past dead letters that it did
    // not select. Everything before this offset is redriven, or not selected now.
    return this.#pending.get(name)?.first;
  }

  async batch(batch: TransactionalBatch): Promise<void> {
    const name = partitionName(batch);
    const pending = this.#pending.get(name);
    if (pending === undefined) return;
    this.#steps += 1;
    this.#working += 1;
    try {
      await this.#redrive(batch, pending.last);
      this.#attempts.delete(name);
    } catch (error) {
      // The commit may have succeeded all the same, or another member may have redriven these records: read
      // the markers again before the next attempt.
      this.#redriven.delete(name);
      if (!batch.signal.aborted) this.#countFailure(name, error);
      throw error;
    } finally {
      this.#working -= 1;
    }
    if (batch.last < pending.last) return;
    this.#pending.delete(name);
    if (this.isFinished) this.#settle?.resolve();
  }

  async #redrive(batch: TransactionalBatch, last: Offset): Promise<void> {
    const redriven = await this.#redrivenIn(batch);
    const redrives = await this.#select(batch, last, redriven);
    if (redrives.size === 0) return;
    const recordIds = [...redrives.keys()];
    for (const recordId of recordIds) this.#uncertain.add(recordId);
    const records = [...redrives.values()].map(({ record }) => record);
    const { edited, by } = this.#options;
    const note: RedriveNote = { by, edited: new Set(edited?.keys()) };
    const positions = await batch.commit([...records, ...redriveMarkers(batch.topic, recordIds, note)]);
    for (const [i, [recordId, { originName, record }]] of [...redrives].entries()) {
      redriven.add(recordId);
      this.#own.add(recordId);
      this.#uncertain.delete(recordId);
      this.#report(originName, positions[i], record);
    }
  }

  /** The records of the batch that are to be redriven, by `DeadLetter.recordId`. */
  async #select(
    batch: TransactionalBatch,
    last: Offset,
    redriven: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, Redrive>> {
    const redrives = new Map<string, Redrive>();
    for (const record of batch.records) {
      const entry = record.offset <= last ? readDeadLetterEntry(batch, record) : undefined;
      if (entry?.kind !== 'DEAD_LETTER' || !this.#isSelected(entry.letter)) continue;
      const { recordId, originName, record: original } = entry.letter;
      // Several nodes and fields may have written dead letters about one record.
      if (redrives.has(recordId)) continue;
      if (redriven.has(recordId)) {
        // A commit of this member that seemed to fail has succeeded.
        if (this.#uncertain.delete(recordId)) {
          this.#own.add(recordId);
          this.#report(originName, undefined, this.#options.edited?.get(recordId) ?? original);
        } else if (!this.#own.has(recordId)) this.byOthers.set(recordId, originName);
        continue;
      }
      const edited = this.#options.edited?.get(recordId);
      const restored: RestoredRecord = edited
        ? { ok: true, record: edited }
        : await this.#restorer.restore(entry.letter, batch.signal);
      if (restored.ok) {
        redrives.set(recordId, { originName, record: restored.record });
        this.failed.delete(recordId);
      } else this.failed.set(recordId, { position: originName, reason: restored.reason });
    }
    return redrives;
  }

  #report(from: string, to: Position | undefined, record: Pick<NewRecord, 'headers' | 'value'>): void {
    this.redriven += 1;
    this.#options.onRedriven(from, to, String(idMarkOf(record).mark) === 'true');
  }

  /**
   * The markers of a dead-letter topic, read after this member has its partition and its progress. So each
   * marker is either read here, or committed later, and then the commit of this member fails.
   */
  async #redrivenIn({ topic, partition, signal }: TransactionalBatch): Promise<Set<string>> {
    const name = partitionName({ topic, partition });
    const known = this.#redriven.get(name);
    if (known !== undefined) return known;
    const { redriven } = await readRedriveLedger(this.#options.log, topic, this.#isSelected, signal);
    const all = new Set(redriven);
    this.#redriven.set(name, all);
    return all;
  }

  #countFailure(name: string, error: unknown): void {
    const attempts = (this.#attempts.get(name) ?? 0) + 1;
    this.#attempts.set(name, attempts);
    // A refusal lasts until somebody mends it, and who runs the command waits for its answer.
    const isTemporary = error instanceof MillraceError && error.retry && refusalIn(error) === undefined;
    if (isTemporary && attempts < MAX_ATTEMPTS) return;
    this.#fatal = error;
    this.#settle?.reject(error);
  }
}
