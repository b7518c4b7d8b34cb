import { MillraceError } from '../core/errors.js';
import type { Offset, Topic } from '../core/ids.js';
import { type Position, partitionName, type TopicPartition } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import type { GroupHandler } from '../ports/consumer-groups.js';
import type { EventLog } from '../ports/event-log.js';
import { requireTransactions, type TransactionalBatch } from '../ports/transactional-commit.js';
import { type DeadLetter, deadLetterTopic } from './dead-letter.js';
import { readDeadLetterEntry, redriveMarkers } from './dead-letter-topic.js';
import { RecordRestorer } from './record-restorer.js';
import { type RedriveLedger, readRedriveLedger } from './redrive-ledger.js';

export interface RedriveOptions {
  readonly log: EventLog;
  /** The consumer group: of several that put back at the same time, each letter is one's. */
  readonly group: string;
  readonly topics: readonly Topic[];
  /** The places whose letters are put back, as `placeName` writes them; `undefined`: all. */
  readonly only: ReadonlySet<string> | undefined;
  /** Is told of each letter as soon as it was put back, and where to if that is known. */
  readonly onRedriven: (from: string, to: Position | undefined, idempotent: boolean) => void;
  readonly signal: AbortSignal;
}

export interface RedriveOutcome {
  readonly putBack: number;
  /** Of `only`: those whose letters had been put back before. */
  readonly before: readonly string[];
  /** What could not be put back, and why. */
  readonly failed: readonly { readonly place: string; readonly reason: string }[];
  /** How many records of the dead-letter topics are no letters, and were left alone. */
  readonly foreign: number;
}

/** How often a batch is tried while the log is in trouble. */
const TRIES = 8;

/**
 * Puts letters back into the topics they came from, each place once: what was put back is said in the
 * dead-letter topic itself, and that, the records and the group's progress are committed together. Ends
 * where the letters ended when it began.
 */
export async function redriveDeadLetters(options: RedriveOptions): Promise<RedriveOutcome> {
  const { log, topics, only, signal, group } = options;
  const wanted = (letter: DeadLetter): boolean => only === undefined || only.has(letter.place);
  const ledgers = new Map<Topic, RedriveLedger>();
  for (const topic of topics) {
    ledgers.set(deadLetterTopic(topic), await readRedriveLedger(log, topic, wanted, signal));
  }
  const work = new Work(options, wanted, ledgers);
  if (!work.finished) {
    const open = [...ledgers].flatMap(([deadLetters, ledger]) => (ledger.open.size > 0 ? [deadLetters] : []));
    const member = await requireTransactions(log, 'redrives').join({ group, topics: open }, work, signal);
    const over = new AbortController();
    try {
      await Promise.race([work.ended(signal, over.signal), member.ended]);
    } finally {
      over.abort();
      await member[Symbol.asyncDispose]();
    }
  }
  const all = [...ledgers.values()];
  const asked = [...(only ?? [])];
  const before = asked.filter((place) => all.some(({ places }) => places.get(place)?.done));
  const unknown = asked.filter(
    (place) => !before.includes(place) && !all.some(({ places }) => places.has(place)),
  );
  return {
    putBack: work.putBack,
    before,
    failed: [
      ...unknown.map((place) => ({ place, reason: 'no dead letter is recordId it' })),
      ...work.failed.values(),
    ],
    foreign: all.reduce((sum, { foreign }) => sum + foreign, 0),
  };
}

/** What is done with the batches of the dead-letter topics. */
class Work implements GroupHandler<TransactionalBatch> {
  putBack = 0;
  /** By what the letter is about. */
  readonly failed = new Map<string, { readonly place: string; readonly reason: string }>();
  readonly #options: RedriveOptions;
  readonly #wanted: (letter: DeadLetter) => boolean;
  readonly #restorer: RecordRestorer;
  /** Where each partition begins and ends, as it was when all this began; done with are gone. */
  readonly #open = new Map<string, { readonly first: Offset; readonly last: Offset }>();
  /** What is put back (`DeadLetter.recordId`), as far as this is known to be all of it. */
  readonly #done = new Map<string, Set<string>>();
  /** What commits had that failed: it may have been put back all the same. */
  readonly #uncertain = new Set<string>();
  readonly #tries = new Map<string, number>();
  #settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #fatal: unknown;

  constructor(
    options: RedriveOptions,
    wanted: (letter: DeadLetter) => boolean,
    ledgers: ReadonlyMap<Topic, RedriveLedger>,
  ) {
    this.#options = options;
    this.#wanted = wanted;
    this.#restorer = new RecordRestorer(options.log);
    for (const [topic, { open }] of ledgers) {
      for (const [partition, range] of open) this.#open.set(partitionName({ topic, partition }), range);
    }
  }

  get finished(): boolean {
    return this.#open.size === 0;
  }

  /**
   * Resolves when everything is put back. Rejects when it cannot be, or the signal is aborted.
   * @param over when nobody waits any more
   */
  ended(signal: AbortSignal, over: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      if (this.#fatal !== undefined) reject(this.#fatal);
      else if (this.finished) resolve();
      if (signal.aborted) reject(signal.reason);
      else signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: over });
    });
  }

  async assigned(at: TopicPartition): Promise<Offset | undefined> {
    const name = partitionName(at);
    // Whoever had the partition before may have put back some.
    this.#done.delete(name);
    // What is before is put back, or not wanted; the progress would not say of the latter.
    return this.#open.get(name)?.first;
  }

  async batch(batch: TransactionalBatch): Promise<void> {
    const name = partitionName(batch);
    const open = this.#open.get(name);
    if (open === undefined) return;
    try {
      await this.#handle(batch, open.last);
      this.#tries.delete(name);
    } catch (error) {
      // It may have been committed all the same, or another has put back what is here: look again.
      this.#done.delete(name);
      if (!batch.signal.aborted) this.#count(name, error);
      throw error;
    }
    if (batch.last < open.last) return;
    this.#open.delete(name);
    if (this.finished) this.#settle?.resolve();
  }

  async #handle(batch: TransactionalBatch, last: Offset): Promise<void> {
    const done = await this.#doneOf(batch);
    const mine = new Map<string, { readonly place: string; readonly record: NewRecord }>();
    for (const record of batch.records) {
      const entry = record.offset <= last ? readDeadLetterEntry(batch, record) : undefined;
      if (entry?.kind !== 'DEAD_LETTER' || !this.#wanted(entry.letter)) continue;
      const { recordId, place, record: written } = entry.letter;
      // Several nodes write about one event, and several fields.
      if (mine.has(recordId)) continue;
      if (done.has(recordId)) {
        if (this.#uncertain.delete(recordId)) this.#tell(place, undefined, written);
        continue;
      }
      const restored = await this.#restorer.restore(entry.letter, batch.signal);
      if (restored.ok) {
        mine.set(recordId, { place, record: restored.record });
        this.failed.delete(recordId);
      } else this.failed.set(recordId, { place, reason: restored.reason });
    }
    if (mine.size === 0) return;
    const all = [...mine.keys()];
    for (const recordId of all) this.#uncertain.add(recordId);
    const records = [...mine.values()].map(({ record }) => record);
    const positions = await batch.commit([...records, ...redriveMarkers(batch.topic, all)]);
    for (const [i, [recordId, { place, record }]] of [...mine].entries()) {
      done.add(recordId);
      this.#uncertain.delete(recordId);
      this.#tell(place, positions[i], record);
    }
  }

  #tell(place: string, to: Position | undefined, { headers }: Pick<NewRecord, 'headers'>): void {
    this.putBack += 1;
    this.#options.onRedriven(place, to, headers['ce_idempotent'] === 'true');
  }

  /**
   * Read only now, when the partition is this member's and its progress is known: what another commits from
   * here on makes this member's own commit fail.
   */
  async #doneOf({ topic, partition, signal }: TransactionalBatch): Promise<Set<string>> {
    const name = partitionName({ topic, partition });
    const known = this.#done.get(name);
    if (known !== undefined) return known;
    const of = this.#options.topics.find((one) => deadLetterTopic(one) === topic);
    if (of === undefined) throw new Error(`${topic} was not asked for`);
    const { done } = await readRedriveLedger(this.#options.log, of, this.#wanted, signal);
    const all = new Set(done);
    this.#done.set(name, all);
    return all;
  }

  #count(name: string, error: unknown): void {
    const tries = (this.#tries.get(name) ?? 0) + 1;
    this.#tries.set(name, tries);
    const passes = error instanceof MillraceError && error.retry;
    if (passes && tries < TRIES) return;
    this.#fatal = error;
    this.#settle?.reject(error);
  }
}
