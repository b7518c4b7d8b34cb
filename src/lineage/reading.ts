import { IDEMPOTENCY_HASH_HEADER, idempotencyHash } from '../core/idempotency-hash.js';
import { type Offset, offset, partition, type Topic } from '../core/ids.js';
import { positionName, positionNamed } from '../core/position.js';
import type { LogBatch, LogRecord } from '../core/record.js';
import { eventIdOf } from '../core/record-metadata.js';
import { OffsetOutOfRange, type Range } from '../ports/event-log.js';
import { readRetained } from '../ports/retained.js';
import { foundEvent } from './found-event.js';
import { type FoundLetter, readLetters } from './letters.js';
import type { FoundEvent } from './lineage.js';
import type { ReadingOptions } from './reading-options.js';
import { MAX_CORRELATIONS, nextPass, type ReadingState, type ReadRange, rangeEnd } from './reading-state.js';

/** What one step of a reading has found, and where the reading stands behind it. */
interface ReadingStep {
  readonly events: readonly FoundEvent[];
  readonly letters: readonly FoundLetter[];
  readonly state: ReadingState;
}

/** S4: how many records are decoded before other work of the process has its turn. */
const SLICE_RECORDS = 200;

/**
 * Reads from the log all events that belong to an id: the id of an event, a correlation id, a key, an idempotency key, or
 * a position. Those of an event are all that share a correlation id with it.
 *
 * It reads one window after the other, the newest first, and each window's records one after the other. Every step says
 * where it stands, so a reading can be stopped at any step and go on from there; what it found before may be found again.
 */
export class Reading {
  /** Topics with records of the window that were not read, because there were too many. */
  readonly notReadWhole = new Set<Topic>();
  /** Whether more events were found than `maxEvents`. */
  isCut = false;
  readonly #options: ReadingOptions;
  readonly #found = new Set<string>();
  #state: ReadingState;

  private constructor(options: ReadingOptions, state: ReadingState) {
    this.#options = options;
    this.#state = state;
  }

  /** A reading of the window that begins at `since`. */
  static begin(id: string, since: number, options: ReadingOptions): Reading {
    const empty = { pass: 'done', ranges: [], at: 0, done: 0, known: [], fresh: [], records: 0 } as const;
    return new Reading(options, { id, since, ...empty });
  }

  /** Goes on where a reading was stopped. */
  static from(state: ReadingState, options: ReadingOptions): Reading {
    return new Reading(options, state);
  }

  get state(): ReadingState {
    return this.#state;
  }

  /**
   * Extends the reading to `since`. Everything that was read stays read. Without this a finished reading has no steps.
   * @throws {MillraceError} when the log cannot be read
   */
  async widen(since: number, signal: AbortSignal): Promise<readonly FoundEvent[]> {
    const { topics, log } = this.#options;
    const existing = await log.describe(topics, signal);
    const before = new Map(this.#state.ranges.map((range) => [`${range.topic}/${range.partition}`, range]));
    const named = await this.#eventAt(this.#state.id, existing, signal);
    // All of what belongs to an event is as old as it is, or so nearly.
    const from = Math.min(since, ...named.map(({ timestamp }) => timestamp));
    const ranges: ReadRange[] = [];
    for (const name of topics.filter((one) => existing.has(one)))
      ranges.push(...(await this.#windowOf(name, from, before, signal)));
    const fresh = named.flatMap(({ correlationId }) => correlationId ?? []);
    const known = this.#state.known.length === 0 ? fresh : this.#state.known;
    this.#state = { ...this.#state, since: from, pass: 'search', ranges, at: 0, done: 0, known, fresh: [] };
    return this.#admit(named);
  }

  /** @throws {MillraceError} when the log cannot be read */
  async *steps(signal: AbortSignal): AsyncGenerator<ReadingStep, void, undefined> {
    while (this.#state.pass !== 'done') {
      if (this.#state.pass === 'letters') yield* this.#letters(signal);
      else yield* this.#pass(signal);
      // What is beyond the bound is not collected.
      this.#state = nextPass(this.isCut ? { ...this.#state, fresh: [] } : this.#state);
      yield { events: [], letters: [], state: this.#state };
    }
  }

  async *#pass(signal: AbortSignal): AsyncGenerator<ReadingStep, void, undefined> {
    const { pass } = this.#state;
    const isNamed = namedBy(this.#state.id);
    for (let range = this.#range(); range !== undefined && !this.isCut; range = this.#range()) {
      const until = rangeEnd({ pass }, range);
      const from = offset(range.from + this.#state.done);
      if (from < until) {
        for await (const batch of this.#batches({ ...range, from, until }, signal)) {
          const events = await this.#wanted(batch, { from, until }, isNamed, signal);
          this.#state = { ...this.#state, done: Math.min(batch.last + 1, until) - range.from };
          yield { events, letters: [], state: this.#state };
          if (this.isCut) return;
        }
      }
      this.#state = { ...this.#state, at: this.#state.at + 1, done: 0 };
    }
  }

  #range(): ReadRange | undefined {
    return this.#state.ranges[this.#state.at];
  }

  /** Of a topic that was recreated since, what the reading meant is gone. */
  async *#batches(range: Range, signal: AbortSignal): AsyncGenerator<LogBatch, void, undefined> {
    try {
      yield* readRetained(this.#options.log, range, signal);
    } catch (error) {
      if (!(error instanceof OffsetOutOfRange)) throw error;
      this.notReadWhole.add(range.topic);
    }
  }

  async #wanted(
    batch: LogBatch,
    { from, until }: { readonly from: Offset; readonly until: Offset },
    isNamed: (event: FoundEvent, record: LogRecord) => boolean,
    signal: AbortSignal,
  ): Promise<readonly FoundEvent[]> {
    const { decoder } = this.#options;
    const at = { topic: batch.topic, partition: batch.partition };
    const records = batch.records.filter((record) => record.offset >= from && record.offset < until);
    await decoder.prepare(at.topic, records, signal);
    const { pass } = this.#state;
    const known = new Set(this.#state.known);
    const fresh = new Set(this.#state.fresh);
    const wanted: FoundEvent[] = [];
    for (const [i, record] of records.entries()) {
      if (i > 0 && i % SLICE_RECORDS === 0) await new Promise(setImmediate);
      const event = foundEvent(record, at, decoder);
      if (event === undefined) continue;
      const { correlationId } = event;
      const isRelated =
        correlationId !== undefined &&
        (fresh.has(correlationId) || (pass === 'search' && known.has(correlationId)));
      if (!isRelated && !(pass === 'search' && isNamed(event, record))) continue;
      wanted.push(event);
      const isNew = correlationId !== undefined && correlationId !== this.#state.id && !isRelated;
      if (pass === 'search' && isNew && fresh.size < MAX_CORRELATIONS) fresh.add(correlationId);
    }
    const count = this.#state.records + records.length;
    this.#state = { ...this.#state, fresh: [...fresh], records: count };
    return this.#admit(wanted);
  }

  /** Leaves out what was found already, and what is beyond the bound (S4). */
  #admit(events: readonly FoundEvent[]): readonly FoundEvent[] {
    return events.filter((event) => {
      const name = positionName(event);
      if (this.#found.has(name)) return false;
      if (this.#found.size >= this.#options.maxEvents) this.isCut = true;
      else this.#found.add(name);
      return this.#found.has(name);
    });
  }

  async *#letters(signal: AbortSignal): AsyncGenerator<ReadingStep, void, undefined> {
    const { id, since, known } = this.#state;
    const isNamed = namedBy(id);
    const correlations = new Set(known);
    const isWanted = (event: FoundEvent, record: LogRecord): boolean =>
      isNamed(event, record) || (event.correlationId !== undefined && correlations.has(event.correlationId));
    const wanted = { found: this.#found, isWanted, isKey: (key: string | null) => key === id };
    for await (const letters of readLetters(this.#options, wanted, since, signal))
      yield { events: [], letters, state: this.#state };
  }

  /** The event that a position names, wherever it is. */
  async #eventAt(
    id: string,
    existing: ReadonlyMap<Topic, unknown>,
    signal: AbortSignal,
  ): Promise<readonly FoundEvent[]> {
    const at = positionNamed(id);
    if (at === undefined || !existing.has(at.topic) || !this.#options.topics.includes(at.topic)) return [];
    const bounds = (await this.#options.log.bounds(at.topic, signal))[at.partition];
    if (bounds === undefined || at.offset < bounds.earliest || at.offset >= bounds.end) return [];
    const range = { ...at, from: at.offset, until: offset(at.offset + 1) };
    for await (const batch of this.#batches(range, signal)) {
      const records = batch.records.filter((record) => record.offset === at.offset);
      await this.#options.decoder.prepare(at.topic, records, signal);
      return records.flatMap((record) => foundEvent(record, at, this.#options.decoder) ?? []);
    }
    return [];
  }

  /** The window of each partition: from `since` to where reading began before, or else to the end. */
  async #windowOf(
    name: Topic,
    since: number,
    before: ReadonlyMap<string, ReadRange>,
    signal: AbortSignal,
  ): Promise<readonly ReadRange[]> {
    const { log, recordsPerTopic } = this.#options;
    const bounds = await log.bounds(name, signal);
    const perPartition = Math.max(1, Math.floor(recordsPerTopic / Math.max(1, bounds.length)));
    const ranges: ReadRange[] = [];
    for (const [number, { earliest, end: newest }] of bounds.entries()) {
      const at = { topic: name, partition: partition(number) };
      const read = before.get(`${name}/${number}`);
      const end = offset(Math.min(read?.end ?? newest, newest));
      const until = offset(Math.min(read?.from ?? newest, newest));
      const first = Math.max(earliest, await log.offsetAt(name, at.partition, since, signal));
      const from = offset(Math.min(until, Math.max(first, until - perPartition)));
      if (from > first) this.notReadWhole.add(name);
      ranges.push({ ...at, from, until, end });
    }
    return ranges;
  }
}

/** Whether an event is one that the typed text names. */
function namedBy(id: string): (event: FoundEvent, record: LogRecord) => boolean {
  const hash = idempotencyHash(id);
  const eventId = eventIdOf(id);
  return (event, { headers }) =>
    event.id === eventId ||
    event.correlationId === id ||
    event.key === id ||
    headers[IDEMPOTENCY_HASH_HEADER] === hash;
}
