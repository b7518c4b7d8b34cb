import { messageOf } from '../core/errors.js';
import type { Event } from '../core/event.js';
import type { Topic } from '../core/ids.js';
import type { Position } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import { requireTransactions } from '../ports/transactional-commit.js';
import type { DeadLetter } from './dead-letter.js';
import { DeadLetterTail } from './dead-letter-tail.js';
import { DryRun, type DryRunOptions, type DryRunResult } from './dry-run.js';
import { type DryRunSummary, dryRunOfMany } from './dry-run-of-many.js';
import { EditError, editedRecord, type RecordEdit } from './edit.js';
import { type DeadLetterGroup, DeadLetterTally } from './groups.js';
import { type FinderOptions, type LetterEntry, LetterFinder, type LetterSelection } from './letter-finder.js';
import { keyText } from './list-format.js';
import { RecordRestorer } from './record-restorer.js';
import { type RedriveOutcome, redriveDeadLetters } from './redrive.js';
import type { RedriveOptions } from './redrive-member.js';

interface OfficeOptions extends DryRunOptions, FinderOptions {
  /** The consumer group of redrives. */
  readonly group: string;
}

interface RedriveRequest extends Pick<RedriveOptions, 'by' | 'limit' | 'maxRecordsRead'> {
  readonly onRedriven?: RedriveOptions['onRedriven'];
}

export type EditedRedrive =
  /** Nothing was written: the edit makes no record, or it would fail. */
  | { readonly kind: 'REFUSED'; readonly reason: string }
  | { readonly kind: 'DONE'; readonly outcome: RedriveOutcome; readonly to: Position | undefined };

/** Everything that is known of one dead letter. */
export interface LetterReport {
  readonly entry: LetterEntry;
  /** The event, if the record decodes now. */
  readonly event: Event | undefined;
  readonly hasCodec: boolean;
  /** `undefined`: it cannot be put back. */
  readonly test: DryRunResult | undefined;
  readonly putBack:
    | { readonly timestamp: number; readonly by: string | undefined; readonly isEdited: boolean }
    | undefined;
}

/** Everything that can be done with dead letters, for the command line and for the console. */
export class DeadLetterOffice {
  /** Finds dead letters by their positions, records or causes. */
  readonly finder: LetterFinder;
  readonly #options: OfficeOptions;
  readonly #dryRun: DryRun;

  constructor(options: OfficeOptions) {
    this.#options = options;
    this.#dryRun = new DryRun(options);
    this.finder = new LetterFinder(options);
  }

  /** Why nothing can be put back; `undefined`: it can. */
  get readOnly(): string | undefined {
    try {
      requireTransactions(this.#options.log, 'putting dead letters back');
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** The groups in these dead-letter topics. @param recordsPerTopic how many are read of each: the newest */
  async groups(
    topics: readonly Topic[],
    recordsPerTopic: number,
    signal: AbortSignal,
  ): Promise<{ readonly groups: readonly DeadLetterGroup[]; readonly skipped: number }> {
    const tally = new DeadLetterTally();
    let skipped = 0;
    for (const one of topics) {
      const tail = new DeadLetterTail(this.#options.log, one, recordsPerTopic);
      for await (const entry of tail.read(signal)) tally.add(entry);
      skipped += tail.skipped;
    }
    return { groups: tally.groups(), skipped };
  }

  async dryRun(
    selection: LetterSelection,
    { limit, recordsPerTopic }: { readonly limit: number; readonly recordsPerTopic: number },
    signal: AbortSignal,
  ): Promise<DryRunSummary> {
    const { topics, isSelected } = await this.finder.select(selection, signal);
    const { log } = this.#options;
    return dryRunOfMany({ log, dryRun: this.#dryRun, topics, isSelected, limit, recordsPerTopic }, signal);
  }

  /**
   * A dead letter with what is known of its record; `undefined`: the log does not have it.
   * @param recordsPerTopic how many records are searched for whether it was put back: the newest
   */
  async letter(
    name: string,
    { recordsPerTopic }: { readonly recordsPerTopic: number },
    signal: AbortSignal,
  ): Promise<LetterReport | undefined> {
    const entry = await this.finder.entry(name, signal);
    if (entry === undefined) return undefined;
    if (entry.kind === 'FOREIGN')
      return { entry, event: undefined, hasCodec: false, test: undefined, putBack: undefined };
    const { letter } = entry;
    const putBack = await this.#putBack(letter, recordsPerTopic, signal);
    const hasCodec = this.#options.formats.get(letter.origin.topic)?.codec !== undefined;
    const { event, result } = await this.#dryRun.look(letter, signal);
    return { entry, event, hasCodec, test: result, putBack };
  }

  /** A record's key as its topic declares it; `undefined`: it is not text. */
  keyText(of: Topic | undefined, key: string): string | undefined {
    return keyText(key, of === undefined ? undefined : this.#options.formats.get(of));
  }

  async #putBack(letter: DeadLetter, records: number, signal: AbortSignal): Promise<LetterReport['putBack']> {
    let found: LetterReport['putBack'];
    const tail = new DeadLetterTail(this.#options.log, letter.at.topic, records);
    for await (const entry of tail.read(signal)) {
      if (entry.kind !== 'REDRIVEN' || !entry.recordIds.includes(letter.recordId)) continue;
      const { timestamp, note } = entry;
      found ??= { timestamp, by: note.by, isEdited: note.edited?.has(letter.recordId) === true };
    }
    return found;
  }

  /** Puts the selected records back into their topics, each once. @throws {NoSuchLetter} */
  async redrive(
    selection: LetterSelection,
    { onRedriven = () => undefined, ...request }: RedriveRequest,
    signal: AbortSignal,
  ): Promise<RedriveOutcome> {
    const { log, group } = this.#options;
    const { topics, isSelected, only } = await this.finder.select(selection, signal);
    return redriveDeadLetters({ log, group, topics, only, isSelected, onRedriven, signal, ...request });
  }

  /**
   * What an edited copy of a record would meet, without writing it.
   * @throws {NoSuchLetter | EditError}
   */
  async tryEdit(name: string, edit: RecordEdit, signal: AbortSignal): Promise<DryRunResult> {
    const { letter, record } = await this.#edited(name, edit, signal);
    return this.#dryRun.testEdited(letter, record, signal);
  }

  /**
   * Puts an edited copy of a record back, once: the record is then redriven, with or without an edit.
   * @param force writes it although it would fail
   * @throws {NoSuchLetter}
   */
  async redriveEdited(
    name: string,
    edit: RecordEdit,
    { force, onRedriven, ...request }: RedriveRequest & { readonly force: boolean },
    signal: AbortSignal,
  ): Promise<EditedRedrive> {
    let letter: DeadLetter;
    let record: NewRecord;
    try {
      ({ letter, record } = await this.#edited(name, edit, signal));
    } catch (error) {
      if (error instanceof EditError) return { kind: 'REFUSED', reason: error.message };
      throw error;
    }
    const result = await this.#dryRun.testEdited(letter, record, signal);
    if (result.verdict === 'FAILS_AGAIN' && !force) return { kind: 'REFUSED', reason: result.reason };
    let to: Position | undefined;
    const edited = new Map([[letter.recordId, record]]);
    const { log, group } = this.#options;
    const outcome = await redriveDeadLetters({
      log,
      group,
      topics: [letter.at.topic],
      only: new Set([letter.originName]),
      isSelected: (one) => one.recordId === letter.recordId,
      edited,
      signal,
      ...request,
      onRedriven: (from, position, idempotent) => {
        to = position;
        onRedriven?.(from, position, idempotent);
      },
    });
    return { kind: 'DONE', outcome, to };
  }

  async #edited(
    name: string,
    edit: RecordEdit,
    signal: AbortSignal,
  ): Promise<{ readonly letter: DeadLetter; readonly record: NewRecord }> {
    const letter = await this.finder.letter(name, signal);
    const restored = await new RecordRestorer(this.#options.log).restore(letter, signal);
    // An edit may bring what the letter has lost.
    const isWhole = edit.value !== undefined && edit.headers !== undefined && edit.key !== undefined;
    if (!restored.ok && !isWhole) throw new EditError(`The record cannot be restored: ${restored.reason}.`);
    const bare: NewRecord = restored.ok
      ? restored.record
      : { topic: letter.origin.topic, key: null, headers: {}, value: null };
    const format = this.#options.formats.get(letter.origin.topic);
    return { letter, record: await editedRecord(letter, bare, edit, format, signal) };
  }
}
