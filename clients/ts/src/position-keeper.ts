import { isPromise, type OnProblem } from './callback.js';
import { ClientError } from './client-error.js';
import type { PositionStore } from './store.js';

/** What one subscription does with its position in the store. */
export interface PositionLease {
  /** Reads the position, once everything that was kept before is written. @throws {ClientError} STORE_FAILED */
  load(): Promise<string | undefined>;
  /** Writes the position, unless there is a newer lease. */
  keep(cursor: string): void;
}

/** How often it looks whether the store still has what it wrote. */
const CHECK_INTERVAL_MS = 1_000;

/**
 * Keeps the position under one key of a store, for one subscription after the other. It writes one position at a time:
 * positions that come while one is written are replaced by the newest.
 */
export class PositionKeeper {
  readonly #store: PositionStore;
  readonly #key: string;
  readonly #onProblem: OnProblem;
  #next: string | undefined;
  /** Resolves when the store has written. `undefined`: it does not write. */
  #writing: Promise<void> | undefined;
  /** Resolves when the last deletion is over. */
  #deleted: Promise<unknown> = Promise.resolve();
  /** The number of the newest lease, for fencing. */
  #newest = 0;
  #isFailing = false;
  #isShared = false;
  /** What the store has, if nobody else writes there. `undefined`: unknown. */
  #own: { readonly cursor: string | undefined } | undefined;
  /** When to look next, on the monotonic clock. Before a position is read, there is nothing to compare. */
  #checkAt = Number.POSITIVE_INFINITY;

  /**
   * @param onProblem called with STORE_FAILED when a position cannot be written, once until one is written: a full store fails
   *   for each event; with STORE_KEY_IN_USE, once, when another client writes under the same key
   */
  constructor(store: PositionStore, key: string, onProblem: OnProblem) {
    this.#store = store;
    this.#key = key;
    this.#onProblem = onProblem;
  }

  /**
   * Begins the next subscription. A handler of a stopped one may return long after that, and its position must not replace
   * that of its successor: earlier leases write nothing from now on.
   */
  lease(): PositionLease {
    this.#newest += 1;
    const own = this.#newest;
    return {
      load: async () => {
        // An asynchronous store may still write the last position of the subscription before.
        await this.settled();
        try {
          const cursor = (await this.#store.get(this.#key)) ?? undefined;
          this.#own = { cursor };
          this.#checkAt = performance.now() + CHECK_INTERVAL_MS;
          return cursor;
        } catch (error) {
          throw this.#failure('read', error);
        }
      },
      keep: (cursor) => {
        if (own === this.#newest) this.#keep(cursor);
      },
    };
  }

  /** Deletes the position. Earlier leases write nothing from now on. @throws {ClientError} STORE_FAILED */
  async delete(): Promise<void> {
    this.#newest += 1;
    const deleted = this.settled().then(() => {
      this.#own = undefined;
      return this.#store.delete(this.#key);
    });
    // Set at once: a subscription that starts now must not read the position before it is deleted.
    this.#deleted = deleted.catch(() => undefined);
    try {
      await deleted;
    } catch (error) {
      throw this.#failure('deleted', error);
    }
  }

  /** Resolves once nothing is being written or deleted, and nothing waits to be. */
  async settled(): Promise<void> {
    await this.#deleted;
    while (this.#writing !== undefined) await this.#writing;
  }

  #keep(cursor: string): void {
    this.#next = cursor;
    if (this.#writing === undefined) this.#write();
  }

  #write(): void {
    for (let cursor = this.#next; cursor !== undefined; cursor = this.#next) {
      if (this.#own !== undefined && !this.#isShared && performance.now() >= this.#checkAt) {
        this.#writing = this.#check(this.#own.cursor);
        return;
      }
      this.#next = undefined;
      try {
        const written: unknown = this.#store.set(this.#key, cursor);
        if (isPromise(written)) {
          this.#writing = this.#written(written, cursor);
          return;
        }
        this.#succeed(cursor);
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  async #check(own: string | undefined): Promise<void> {
    this.#checkAt = performance.now() + CHECK_INTERVAL_MS;
    // A store that cannot be read fails to write, too, and that is reported.
    const found = await (async () => this.#store.get(this.#key))().catch(() => own);
    if ((found ?? undefined) !== own) {
      this.#isShared = true;
      const message = `Another client keeps its position as '${this.#key}' in the same store: give each another \`key\`.`;
      this.#onProblem(new ClientError('STORE_KEY_IN_USE', message, { extensions: { key: this.#key } }));
    }
    this.#writing = undefined;
    this.#write();
  }

  async #written(writing: PromiseLike<unknown>, cursor: string): Promise<void> {
    try {
      await writing;
      this.#succeed(cursor);
    } catch (error) {
      this.#fail(error);
    }
    this.#writing = undefined;
    this.#write();
  }

  #succeed(cursor: string): void {
    this.#isFailing = false;
    this.#own = { cursor };
  }

  #fail(error: unknown): void {
    // It may be written nevertheless.
    this.#own = undefined;
    if (!this.#isFailing) this.#onProblem(this.#failure('stored', error));
    this.#isFailing = true;
  }

  #failure(what: string, cause: unknown): ClientError {
    const message = `The position of '${this.#key}' was not ${what}: ${String(cause)}`;
    return new ClientError('STORE_FAILED', message, { cause });
  }
}
