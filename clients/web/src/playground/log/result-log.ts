import type { Happening, LogEntry } from './entry.js';

interface LogLimits {
  readonly entries: number;
  /** Of what results hold, in UTF-8. */
  readonly bytes: number;
}

export const LOG_LIMITS: LogLimits = { entries: 5_000, bytes: 20_000_000 };

/** What a view shows. A new object after each change. */
export interface LogState {
  readonly entries: readonly LogEntry[];
  readonly bytes: number;
  /** How many of the oldest entries were dropped since the log was cleared. */
  readonly dropped: number;
}

/** An entry without a result costs about as much. */
const ENTRY_BYTES = 200;
/** A burst of results is shown in one step. */
const SHOW_MS = 50;

const EMPTY: LogState = { entries: [], bytes: 0, dropped: 0 };

/**
 * Everything that happened in the runs of this page, the oldest first. C4: at its bound it drops the oldest entries, and
 * counts them.
 */
export class ResultLog {
  readonly #limits: LogLimits;
  readonly #schedule: (show: () => void) => void;
  readonly #listeners = new Set<() => void>();
  #entries: LogEntry[] = [];
  /** Dropped entries stay in front until there are many: moving all others for each would cost most of a burst. */
  #start = 0;
  #bytes = 0;
  #dropped = 0;
  #nextId = 1;
  #state = EMPTY;
  #isScheduled = false;

  /** @param schedule calls its argument once, soon */
  constructor(limits = LOG_LIMITS, schedule = (show: () => void): unknown => setTimeout(show, SHOW_MS)) {
    this.#limits = limits;
    this.#schedule = schedule;
  }

  /** @param at milliseconds since 1970 */
  add(run: number, at: number, happening: Happening): void {
    const isTooLarge = happening.kind === 'result' && happening.bytes > this.#limits.bytes;
    const kept = isTooLarge ? { ...happening, text: undefined } : happening;
    const entry: LogEntry = { ...kept, id: this.#nextId++, run, at };
    this.#entries.push(entry);
    this.#bytes += costOf(entry);
    while (this.#entries.length - this.#start > this.#limits.entries || this.#bytes > this.#limits.bytes)
      this.#dropOldest();
    if (this.#start > this.#limits.entries) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
    this.#changed();
  }

  clear(): void {
    this.#entries = [];
    this.#start = 0;
    this.#bytes = 0;
    this.#dropped = 0;
    this.#changed();
  }

  /** For `useSyncExternalStore`: the listener is called once for many entries. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly state = (): LogState => this.#state;

  #dropOldest(): void {
    const oldest = this.#entries[this.#start];
    this.#entries[this.#start] = HOLE;
    this.#start += 1;
    this.#bytes -= oldest === undefined ? 0 : costOf(oldest);
    this.#dropped += 1;
  }

  #changed(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => {
      this.#isScheduled = false;
      this.#state = {
        entries: this.#entries.slice(this.#start),
        bytes: this.#bytes,
        dropped: this.#dropped,
      };
      for (const listener of [...this.#listeners]) listener();
    });
  }
}

/** In the place of a dropped entry, whose memory is free at once. */
const HOLE: LogEntry = { kind: 'state', message: '', id: 0, run: 0, at: 0 };

const costOf = (entry: LogEntry): number =>
  ENTRY_BYTES + (entry.kind === 'result' && entry.text !== undefined ? entry.bytes : 0);
