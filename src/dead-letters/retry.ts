import { MillraceError } from '../core/errors.js';
import type { Offset, Topic } from '../core/ids.js';
import { type Position, partitionName, type TopicPartition } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import type { AssignedBatch, EventLog, GroupHandler } from '../ports/event-log.js';
import { type Ledger, readLedger } from './ledger.js';
import { deadLetterTopic, type Letter } from './letter.js';
import { putBackRecords, readEntry } from './reading.js';
import { Restorer } from './restore.js';

export interface RetryOptions {
  readonly log: EventLog;
  /** The consumer group: of several that put back at the same time, each letter is one's. */
  readonly group: string;
  readonly topics: readonly Topic[];
  /** The places whose letters are put back, as `placeName` writes them; `undefined`: all. */
  readonly only: ReadonlySet<string> | undefined;
  /** Is told of each letter as soon as it was put back, and where to if that is known. */
  readonly onPutBack: (from: string, to: Position | undefined, idempotent: boolean) => void;
  readonly signal: AbortSignal;
}

export interface RetryOutcome {
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
export async function retryLetters(options: RetryOptions): Promise<RetryOutcome> {
  const { log, topics, only, signal, group } = options;
  const wanted = (letter: Letter): boolean => only === undefined || only.has(letter.place);
  const ledgers = new Map<Topic, Ledger>();
  for (const topic of topics) {
    ledgers.set(deadLetterTopic(topic), await readLedger(log, topic, wanted, signal));
  }
  const work = new Work(options, wanted, ledgers);
  if (!work.finished) {
    const open = [...ledgers].flatMap(([deadLetters, ledger]) => (ledger.open.size > 0 ? [deadLetters] : []));
    const member = await log.join({ group, topics: open }, work, signal);
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
      ...unknown.map((place) => ({ place, reason: 'no dead letter is about it' })),
      ...work.failed.values(),
    ],
    foreign: all.reduce((sum, { foreign }) => sum + foreign, 0),
  };
}

/** What is done with the batches of the dead-letter topics. */
class Work implements GroupHandler {
  putBack = 0;
  /** By what the letter is about. */
  readonly failed = new Map<string, { readonly place: string; readonly reason: string }>();
  readonly #options: RetryOptions;
  readonly #wanted: (letter: Letter) => boolean;
  readonly #restorer: Restorer;
  /** Where each partition begins and ends, as it was when all this began; done with are gone. */
  readonly #open = new Map<string, { readonly first: Offset; readonly last: Offset }>();
  /** What is put back (`Letter.about`), as far as this is known to be all of it. */
  readonly #done = new Map<string, Set<string>>();
  /** What commits had that failed: it may have been put back all the same. */
  readonly #uncertain = new Set<string>();
  readonly #tries = new Map<string, number>();
  #settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #fatal: unknown;

  constructor(
    options: RetryOptions,
    wanted: (letter: Letter) => boolean,
    ledgers: ReadonlyMap<Topic, Ledger>,
  ) {
    this.#options = options;
    this.#wanted = wanted;
    this.#restorer = new Restorer(options.log);
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

  async batch(batch: AssignedBatch): Promise<void> {
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

  async #handle(batch: AssignedBatch, last: Offset): Promise<void> {
    const done = await this.#doneOf(batch);
    const mine = new Map<string, { readonly place: string; readonly record: NewRecord }>();
    for (const record of batch.records) {
      const entry = record.offset <= last ? readEntry(batch, record) : undefined;
      if (entry?.kind !== 'LETTER' || !this.#wanted(entry.letter)) continue;
      const { about, place, record: written } = entry.letter;
      // Several nodes write about one event, and several fields.
      if (mine.has(about)) continue;
      if (done.has(about)) {
        if (this.#uncertain.delete(about)) this.#tell(place, undefined, written);
        continue;
      }
      const restored = await this.#restorer.restore(entry.letter, batch.signal);
      if (restored.ok) {
        mine.set(about, { place, record: restored.record });
        this.failed.delete(about);
      } else this.failed.set(about, { place, reason: restored.reason });
    }
    if (mine.size === 0) return;
    const all = [...mine.keys()];
    for (const about of all) this.#uncertain.add(about);
    const records = [...mine.values()].map(({ record }) => record);
    const positions = await batch.commit([...records, ...putBackRecords(batch.topic, all)]);
    for (const [i, [about, { place, record }]] of [...mine].entries()) {
      done.add(about);
      this.#uncertain.delete(about);
      this.#tell(place, positions[i], record);
    }
  }

  #tell(place: string, to: Position | undefined, { headers }: Pick<NewRecord, 'headers'>): void {
    this.putBack += 1;
    this.#options.onPutBack(place, to, headers['ce_idempotent'] === 'true');
  }

  /**
   * Read only now, when the partition is this member's and its progress is known: what another commits from
   * here on makes this member's own commit fail.
   */
  async #doneOf({ topic, partition, signal }: AssignedBatch): Promise<Set<string>> {
    const name = partitionName({ topic, partition });
    const known = this.#done.get(name);
    if (known !== undefined) return known;
    const of = this.#options.topics.find((one) => deadLetterTopic(one) === topic);
    if (of === undefined) throw new Error(`${topic} was not asked for`);
    const { done } = await readLedger(this.#options.log, of, this.#wanted, signal);
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
