import { isPromise } from './callback.js';

/** One thing for the handler, in order. Its cursor counts once `handle` has returned or resolved. */
export interface Entry {
  readonly cursor: string | undefined;
  /** Its number among all entries of the subscription. */
  readonly order: number;
  /** `undefined`: a position without a result. */
  readonly handle: (() => unknown) | undefined;
}

interface HandlingListener {
  /** Everything up to here is handled. */
  counted(cursor: string, order: number): void;
  /** Nothing waits and nothing is being handled. */
  idle(): void;
  failed(error: unknown): void;
}

/** Passes results to the handler one after the other, and reports the cursor of each result that is handled. */
export class Handling {
  readonly #listener: HandlingListener;
  #waiting: Entry[] = [];
  #isHeld = true;
  #isHandling = false;

  constructor(listener: HandlingListener) {
    this.#listener = listener;
  }

  /** How many entries wait. */
  get size(): number {
    return this.#waiting.length;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && !this.#isHandling;
  }

  /** There is a handler now. */
  release(): void {
    this.#isHeld = false;
    this.#run();
  }

  add(entry: Entry): void {
    this.#waiting.push(entry);
    this.#run();
  }

  /** Drops the entries that wait. */
  clear(): void {
    this.#waiting = [];
  }

  #run(): void {
    if (this.#isHandling) return;
    for (let entry = this.#next(); entry !== undefined; entry = this.#next()) {
      this.#isHandling = true;
      const { cursor, order, handle } = entry;
      let handled: unknown;
      try {
        handled = handle?.();
      } catch (error) {
        this.#isHandling = false;
        this.#listener.failed(error);
        return;
      }
      if (isPromise(handled)) {
        handled.then(
          () => {
            this.#done(cursor, order);
            this.#run();
          },
          (error: unknown) => {
            this.#isHandling = false;
            this.#listener.failed(error);
          },
        );
        return;
      }
      this.#done(cursor, order);
    }
    if (this.isIdle) this.#listener.idle();
  }

  /** Before there is a handler, positions without a result may still be counted. */
  #next(): Entry | undefined {
    if (this.#isHeld && this.#waiting[0]?.handle !== undefined) return undefined;
    return this.#waiting.shift();
  }

  #done(cursor: string | undefined, order: number): void {
    this.#isHandling = false;
    if (cursor !== undefined) this.#listener.counted(cursor, order);
  }
}
