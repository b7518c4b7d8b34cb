/** How fast records are shown again: `input EventPace`. */
export type Pace = { readonly speed: number } | { readonly perSecond: number };

/** How long the next record is waited for at most: a night without events is not sat out. */
const MAX_WAIT_MS = 5_000;

/** When each record is due, counted from the first one. Times are of one monotonic clock, in milliseconds. */
export class Pacer {
  readonly #pace: Pace;
  /** When the newest record was shown, and its own time. */
  #last: { readonly at: number; readonly timestamp: number } | undefined;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** How long a record with this timestamp has to wait. */
  waitMs(timestamp: number, now: number): number {
    if (this.#last === undefined) return 0;
    return Math.max(0, this.#dueAt(timestamp, this.#last) - now);
  }

  /** The record was shown. */
  shown(timestamp: number, now: number): void {
    // A pace that one slow read has delayed goes on from when the record was due, but makes up for one wait at most.
    const due = this.#last === undefined ? now : this.#dueAt(timestamp, this.#last);
    this.#last = { at: Math.max(due, now - MAX_WAIT_MS), timestamp };
  }

  #dueAt(timestamp: number, last: { readonly at: number; readonly timestamp: number }): number {
    if ('perSecond' in this.#pace) return last.at + 1_000 / this.#pace.perSecond;
    // Times may go back between partitions.
    const apart = Math.max(0, timestamp - last.timestamp) / this.#pace.speed;
    return last.at + Math.min(MAX_WAIT_MS, apart);
  }
}
