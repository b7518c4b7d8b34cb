import { pause, withSignal } from '../../core/async.js';
import { MillraceError } from '../../core/errors.js';
import type { Partition, Topic } from '../../core/ids.js';
import { TopicRecreated } from '../../ports/event-log.js';
import type { CpuShare } from './cpu-share.js';
import type { Lane, Lanes } from './lanes.js';
import type { Pacer } from './pace.js';
import { vectorText } from './position-vector.js';
import { type EventRow, rowOf } from './row.js';
import type { Selection } from './selection.js';
import type { KnownEnds, TopicEnds } from './topic-ends.js';
import type { TopicReads } from './topic-reads.js';

/** `type EventBatch`. */
export interface EventBatch {
  readonly rows: readonly EventRow[];
  readonly from: string;
  readonly read: number;
  readonly matched: number;
  readonly failed: number;
  readonly failure: string | null;
  readonly isAtEnd: boolean;
  readonly time: string | null;
  readonly asOf: string;
  readonly notices: readonly string[];
}

interface FeedOptions {
  readonly topic: Topic;
  readonly lanes: Lanes;
  readonly isRead: (partition: Partition) => boolean;
  readonly selection: Selection;
  readonly reads: TopicReads;
  readonly ends: TopicEnds;
  readonly cpu: CpuShare;
  readonly known: KnownEnds;
  /** In milliseconds since 1970: no record with this time or a later one is shown, and the feed ends. */
  readonly until: number | undefined;
  /** The feed ends after so many rows. */
  readonly limit: number | undefined;
  readonly pacer: Pacer | undefined;
  readonly signal: AbortSignal;
}

/** C4: of one result. */
const MAX_ROWS = 200;
const MAX_BYTES = 256 * 1024;
/** About what a row has beside its value. */
const ROW_BYTES = 200;
/** How long a page that gets no rows waits for a word: how much was read. */
const PROGRESS_MS = 500;
/** How long the log may take to say that nothing is new, before the page learns when it answered last. */
const SILENCE_MS = 3_000;

/** The records of a topic for one tab, with the position after each batch. */
export class Feed {
  readonly #options: FeedOptions;
  #known: KnownEnds;
  #batch: Batch;
  #shown = 0;
  #isOver = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#known = options.known;
    this.#batch = new Batch(this.#position);
    options.lanes.grow(options.known.ends, options.isRead);
  }

  async *batches(): AsyncGenerator<{ readonly data: EventBatch; readonly cursor: string }, void> {
    const { lanes, topic, signal, until } = this.#options;
    using followed = this.#options.ends.follow(topic);
    yield this.#take(lanes.hungry.length === 0);
    while (!signal.aborted) {
      const { hungry } = lanes;
      if (hungry.length > 0) {
        const reading = Promise.all(hungry.map((lane) => this.#feed(lane)));
        while (!(await isSettled(reading, PROGRESS_MS, signal))) yield this.#take(false);
        if (signal.aborted) return;
        await reading;
      }
      const waitMs = await this.#work();
      const isAtEnd = lanes.first() === undefined && lanes.hungry.length === 0;
      if (this.#isOver || this.#batch.isDue(isAtEnd)) yield this.#take(isAtEnd);
      if (this.#isOver) return;
      if (waitMs > 0) await pause(waitMs, signal);
      if (!isAtEnd) continue;
      // With a time that has passed, nothing that is to be shown will come.
      if (until !== undefined && until <= Date.now()) return;
      const next = followed.next();
      while (!(await isSettled(next, SILENCE_MS, signal))) yield this.#take(true);
      if (signal.aborted) return;
      this.#known = await next;
      lanes.grow(this.#known.ends, this.#options.isRead);
    }
  }

  get #position(): string {
    const { topicId, next } = this.#options.lanes;
    return vectorText({ topicId, next });
  }

  #take(isAtEnd: boolean): { readonly data: EventBatch; readonly cursor: string } {
    const cursor = this.#position;
    const data = this.#batch.result(isAtEnd, this.#known.asOf);
    this.#batch = new Batch(cursor);
    return { data, cursor };
  }

  async #feed(lane: Lane): Promise<void> {
    const { topic, lanes, reads } = this.#options;
    const at = { topic, topicId: lanes.topicId, partition: lane.partition };
    try {
      const chunk = await reads.chunk(at, lane.next, lane.end, lanes.size);
      if (chunk.skippedTo !== undefined && chunk.skippedTo > lane.next)
        this.#batch.notices.push(
          `Retention has deleted the records of partition ${lane.partition} before offset ${chunk.skippedTo}.`,
        );
      lanes.fed(lane, chunk);
    } catch (error) {
      if (!(error instanceof TopicRecreated)) throw error;
      const message = `The topic ${topic} was deleted and recreated. Start again: its positions mean other records now.`;
      throw new MillraceError('BAD_REQUEST', message, { cause: error });
    }
  }

  /** Handles what is read, until a batch is full. @returns how long the next record has to wait */
  async #work(): Promise<number> {
    let waitMs = 0;
    await this.#options.cpu.run((isTickOver) => {
      do {
        const wait = this.#step();
        if (wait === undefined) return true;
        waitMs = wait;
        if (wait > 0 || this.#isOver || this.#batch.isFull) return true;
      } while (!isTickOver());
      return false;
    }, this.#options.signal);
    return waitMs;
  }

  /** Handles one record. `undefined`: none is there. @returns how long it has to wait; 0: it is handled */
  #step(): number | undefined {
    const { lanes, selection, topic, until, limit, pacer } = this.#options;
    const first = lanes.first();
    if (first === undefined) return undefined;
    const { lane, record } = first;
    const { timestamp } = record;
    if (until !== undefined && timestamp >= until) {
      this.#isOver = true;
      return 0;
    }
    const selected = selection.select(record, { topic, partition: lane.partition });
    if (selected.is === 'SHOWN' && pacer !== undefined) {
      const now = performance.now();
      const wait = pacer.waitMs(timestamp, now);
      if (wait > 0) return wait;
      pacer.shown(timestamp, now);
    }
    lanes.take(lane);
    this.#batch.read += 1;
    this.#batch.timestamp = record.timestamp;
    if (selected.is === 'FAILED') this.#batch.fail(selected.reason);
    if (selected.is === 'SHOWN') {
      this.#batch.add(rowOf(record, lane.partition, selected.decoded));
      this.#shown += 1;
      this.#isOver = this.#shown === limit;
    }
    return 0;
  }
}

/** A result while it is made. */
class Batch {
  read = 0;
  timestamp: number | undefined;
  readonly notices: string[] = [];
  readonly #from: string;
  readonly #rows: EventRow[] = [];
  readonly #startedAt = performance.now();
  #bytes = 0;
  #failed = 0;
  #failure: string | null = null;

  constructor(from: string) {
    this.#from = from;
  }

  get isFull(): boolean {
    return this.#rows.length >= MAX_ROWS || this.#bytes >= MAX_BYTES;
  }

  /** Rows are not kept back for others that have to be read first. */
  isDue(isAtEnd: boolean): boolean {
    if (this.isFull || this.#rows.length > 0) return true;
    const isWord = this.read > 0 || this.notices.length > 0;
    return isWord && (isAtEnd || performance.now() - this.#startedAt >= PROGRESS_MS);
  }

  add(row: EventRow): void {
    this.#rows.push(row);
    this.#bytes += ROW_BYTES + (row.value?.shown ?? 0);
  }

  fail(reason: string): void {
    this.#failed += 1;
    this.#failure = reason;
  }

  result(isAtEnd: boolean, asOf: Date): EventBatch {
    const rows = this.#rows;
    const { read, notices, timestamp } = this;
    const date = timestamp === undefined ? undefined : new Date(timestamp);
    return {
      rows,
      from: this.#from,
      read,
      matched: rows.length,
      failed: this.#failed,
      failure: this.#failure,
      isAtEnd,
      time: date === undefined || Number.isNaN(date.getTime()) ? null : date.toISOString(),
      asOf: asOf.toISOString(),
      notices,
    };
  }
}

/** Whether a promise is settled within a time, or the signal aborted. Its failure is for who awaits it. */
async function isSettled(promise: Promise<unknown>, ms: number, signal: AbortSignal): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await withSignal(Promise.race([settled, late]), signal).catch(() => true);
  } finally {
    clearTimeout(timer);
  }
}
