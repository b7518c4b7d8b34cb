/** A connection that has to show that it is alive, and to find out whether its client is. */
interface Beating {
  keepAlive(): void;
}

const MAX_GROUPS = 100;
/** Few connections do not need a timer that fires more often. */
const MIN_STEP_MS = 100;

/**
 * The heartbeats of all connections of a transport, from one timer. Each connection gets one in each period.
 *
 * The connections take turns in groups. A beat is a system call of about 20 µs, so 12,500 of them at once would stop the event
 * loop, and with it every live result, for a quarter of a second (bench: sockets).
 */
export class Heartbeats<T extends Beating> implements Disposable {
  readonly #groups: readonly Set<T>[];
  readonly #stepMs: number;
  readonly #now: () => number;
  readonly #start: number;
  readonly #timer: NodeJS.Timeout;
  /** How many groups have had their beat since the start, over all periods. */
  #done = 0;
  /** How many connections there are. */
  #size = 0;

  /** @param now a monotonic clock, in milliseconds */
  constructor(periodMs: number, now: () => number = () => performance.now()) {
    const count = Math.min(MAX_GROUPS, Math.max(1, Math.floor(periodMs / MIN_STEP_MS)));
    this.#groups = Array.from({ length: count }, () => new Set<T>());
    this.#stepMs = periodMs / count;
    this.#now = now;
    this.#start = now();
    this.#timer = setInterval(() => this.#beat(), this.#stepMs);
    this.#timer.unref();
  }

  /**
   * Of the groups that are not above the average, it joins the one whose beat is furthest away: its handshake was a sign of life.
   * @returns the group, for `leave`
   */
  join(connection: T): number {
    const { length } = this.#groups;
    const average = Math.floor(this.#size / length);
    let group = 0;
    for (let back = 1; back <= length; back++) {
      group = (this.#done + length - back) % length;
      if ((this.#groups[group]?.size ?? 0) <= average) break;
    }
    this.#groups[group]?.add(connection);
    this.#size += 1;
    return group;
  }

  leave(connection: T, group: number): void {
    if (this.#groups[group]?.delete(connection) === true) this.#size -= 1;
  }

  /** By the clock, not by the timer: a busy node fires late, and its clients count the milliseconds between two beats. */
  #beat(): void {
    const due = Math.floor((this.#now() - this.#start) / this.#stepMs + 0.5);
    // After a long stop, one beat for each connection is enough.
    this.#done = Math.max(this.#done, due - this.#groups.length);
    for (; this.#done < due; this.#done++) {
      for (const connection of this.#groups[this.#done % this.#groups.length] ?? []) connection.keepAlive();
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
