import { isPromise } from './callback.js';
import type { PositionStore } from './store.js';

/** What one subscription does with its position in the store. */
export interface PositionLease {
  /** Reads the position, once everything that was kept before is written. */
  load(): Promise<string | undefined>;
  /** Writes the position, unless there is a newer lease. */
  keep(cursor: string): void;
}

/**
 * Keeps the position under one key of a store, for one subscription after the other. It writes one position at a time:
 * positions that come while one is written are replaced by the newest.
 */
export class PositionKeeper {
  readonly #store: PositionStore;
  readonly #key: string;
  readonly #onFailure: (error: unknown) => void;
  #next: string | undefined;
  /** Resolves when the store has written. `undefined`: it does not write. */
  #writing: Promise<void> | undefined;
  /** Resolves when the last deletion is over. */
  #deleted: Promise<unknown> = Promise.resolve();
  /** The number of the newest lease, for fencing. */
  #newest = 0;

  #isFailing = false;

  /** @param onFailure a position could not be written. Called once until one is written: a full store fails for each event */
  constructor(store: PositionStore, key: string, onFailure: (error: unknown) => void) {
    this.#store = store;
    this.#key = key;
    this.#onFailure = onFailure;
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
        return this.#store.get(this.#key);
      },
      keep: (cursor) => {
        if (own === this.#newest) this.#keep(cursor);
      },
    };
  }

  /** Deletes the position. Earlier leases write nothing from now on. @throws what the store throws */
  async delete(): Promise<void> {
    this.#newest += 1;
    const deleted = this.settled().then(() => this.#store.delete(this.#key));
    // Set at once: a subscription that starts now must not read the position before it is deleted.
    this.#deleted = deleted.catch(() => undefined);
    await deleted;
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
      this.#next = undefined;
      try {
        const written: unknown = this.#store.set(this.#key, cursor);
        if (isPromise(written)) {
          this.#writing = this.#written(written);
          return;
        }
        this.#isFailing = false;
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  async #written(writing: PromiseLike<unknown>): Promise<void> {
    try {
      await writing;
      this.#isFailing = false;
    } catch (error) {
      this.#fail(error);
    }
    this.#writing = undefined;
    this.#write();
  }

  #fail(error: unknown): void {
    if (!this.#isFailing) this.#onFailure(error);
    this.#isFailing = true;
  }
}
