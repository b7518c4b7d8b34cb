/** One thing for the handler, in order. Its cursor counts once `handle` has returned or resolved. */
export interface Entry {
  readonly cursor: string | undefined;
  /** `undefined`: it only says how far the subscription is. */
  readonly handle: (() => unknown) | undefined;
}

interface HandlingListener {
  /** Everything up to here is handled. */
  counted(cursor: string): void;
  /** Nothing waits and nothing is being handled. */
  idle(): void;
  failed(error: unknown): void;
}

/** Hands what a subscription got to its handler, one after the other, and counts what the handler is done with. */
export class Handling {
  readonly #listener: HandlingListener;
  #waiting: Entry[] = [];
  #isHeld = true;
  #isHandling = false;

  constructor(listener: HandlingListener) {
    this.#listener = listener;
  }

  /** How much waits. */
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

  /** Nothing that waits is handled any more. */
  clear(): void {
    this.#waiting = [];
  }

  #run(): void {
    if (this.#isHandling) return;
    for (let entry = this.#next(); entry !== undefined; entry = this.#next()) {
      this.#isHandling = true;
      const { cursor, handle } = entry;
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
            this.#done(cursor);
            this.#run();
          },
          (error: unknown) => {
            this.#isHandling = false;
            this.#listener.failed(error);
          },
        );
        return;
      }
      this.#done(cursor);
    }
    if (this.isIdle) this.#listener.idle();
  }

  /** Without a handler, what only says where the subscription is may still be counted. */
  #next(): Entry | undefined {
    if (this.#isHeld && this.#waiting[0]?.handle !== undefined) return undefined;
    return this.#waiting.shift();
  }

  #done(cursor: string | undefined): void {
    this.#isHandling = false;
    if (cursor !== undefined) this.#listener.counted(cursor);
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
