import type { TickOver } from '../../core/fair-scheduler.js';
import type { Turns } from './turns.js';

/**
 * How much of a tick of the event loop one connection may take before others have their turn: about three tasks that parse
 * and validate a document and start it. A tick more costs a tenth of one (bench: fairness).
 */
const TURN_MS = 0.25;
/**
 * Cheaper tasks do not use up that turn, unless they are new: mutations with a document that is known. They share a request to the log if they
 * begin in one tick, so spreading them over several would cost more than it helps. They have a turn of their own.
 */
const CHEAP_TASK_MS = 0.1;
const CHEAP_TURN_MS = 10;
/** The same for tasks that have waited: their connection has used up a turn already. */
const CHEAP_WAITING_TURN_MS = 1;
/**
 * How many tasks of one connection may wait, and how many bytes of them. At either bound the connection is not read; what
 * was read together with the last of them waits too (at most one read of the socket, 64 KiB).
 */
const MAX_WAITING = 128;
const MAX_WAITING_BYTES = 65_536;

/** What a connection asks for, and how it is told to wait. */
export interface TurnTaker<Task> {
  /**
   * Does one thing. MUST NOT throw, and MUST NOT add to the queue before it returns.
   * @returns whether it is new: others of its kind can be as many as the connection likes, and nothing of one helps the next
   */
  perform(task: Task): boolean;
  /** As much waits as may: the connection is not read until `resumeReading`. */
  pauseReading(): void;
  resumeReading(): void;
}

interface Waiting<Task> {
  readonly task: Task;
  readonly bytes: number;
}

/**
 * The work of one connection, in the order in which it asked for it, in turns with that of all other connections (S4).
 *
 * A connection that asks for little does not wait: its work is done at once. One that has used up its turn of this tick
 * waits, in a queue of its own with a bound (C4); at the bound it is not read, so that TCP holds back its sender. Nothing
 * is dropped.
 */
export class ConnectionQueue<Task> {
  readonly #turns: Turns;
  readonly #taker: TurnTaker<Task>;
  #waiting: Waiting<Task>[] = [];
  #bytes = 0;
  #isPaused = false;
  /** Whether the queue is held. */
  #isHeld = false;
  /** Whether the scheduler knows of this queue. */
  #isScheduled = false;
  /** The tick in which it last did something, and how long its tasks took in it: the cheap ones, and the others. */
  #tick = -1;
  #cheapMs = 0;
  #spentMs = 0;

  constructor(turns: Turns, taker: TurnTaker<Task>) {
    this.#turns = turns;
    this.#taker = taker;
  }

  /** How many tasks wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /**
   * Hot path (bench: mutations).
   * @param bytes that the task holds while it waits
   * @returns `false` when it waits for its turn; otherwise it is done
   */
  add(task: Task, bytes: number): boolean {
    if (this.#waiting.length === 0 && !this.#isHeld && this.#hasTurn(CHEAP_TURN_MS)) {
      this.#perform(task);
      return true;
    }
    this.#waiting.push({ task, bytes });
    this.#bytes += bytes;
    if (!this.#isPaused && (this.#waiting.length >= MAX_WAITING || this.#bytes >= MAX_WAITING_BYTES)) {
      this.#isPaused = true;
      this.#taker.pauseReading();
    }
    this.#schedule();
    return false;
  }

  /** Starts no task until `release`. Tasks wait, within the same bounds as always. A task may call this. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** The connection is closing: nothing that waits is done any more. */
  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isHeld) return;
    this.#isScheduled = true;
    void this.#turns.scheduler.share((isTickOver) => this.#takeTurn(isTickOver));
  }

  #hasTurn(cheapTurnMs: number): boolean {
    const { tick } = this.#turns;
    if (tick !== this.#tick) {
      this.#tick = tick;
      this.#cheapMs = 0;
      this.#spentMs = 0;
    }
    return this.#spentMs < TURN_MS && this.#cheapMs < cheapTurnMs;
  }

  #perform(task: Task): void {
    const began = this.#turns.now();
    const isNew = this.#taker.perform(task);
    const took = this.#turns.now() - began;
    if (took < CHEAP_TASK_MS && !isNew) this.#cheapMs += took;
    else this.#spentMs += took;
  }

  /** @returns whether nothing waits any more */
  #takeTurn(isTickOver: TickOver): boolean {
    this.#tick = this.#turns.tick;
    this.#cheapMs = 0;
    this.#spentMs = 0;
    if (this.#isHeld) {
      this.#isScheduled = false;
      return true;
    }
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#bytes -= next.bytes;
      this.#perform(next.task);
      if (this.#isHeld || !this.#hasTurn(CHEAP_WAITING_TURN_MS) || isTickOver()) break;
    }
    if (this.#isPaused && this.#waiting.length <= MAX_WAITING / 2 && this.#bytes <= MAX_WAITING_BYTES / 2) {
      this.#isPaused = false;
      this.#taker.resumeReading();
    }
    this.#isScheduled = this.#waiting.length > 0 && !this.#isHeld;
    return !this.#isScheduled;
  }
}
