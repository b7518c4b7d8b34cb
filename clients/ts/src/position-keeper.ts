import type { PositionStore } from './store.js';

/**
 * Writes the positions of one subscription to its store, one write at a time: positions that come while one is written are
 * replaced by the newest.
 */
export class PositionKeeper {
  readonly #store: PositionStore;
  readonly #key: string;
  readonly #onFailure: (error: unknown) => void;
  #next: string | undefined;
  #isWriting = false;

  /** @param onFailure a position could not be written. A later one may be */
  constructor(store: PositionStore, key: string, onFailure: (error: unknown) => void) {
    this.#store = store;
    this.#key = key;
    this.#onFailure = onFailure;
  }

  keep(cursor: string): void {
    this.#next = cursor;
    if (!this.#isWriting) this.#write();
  }

  #write(): void {
    for (let cursor = this.#next; cursor !== undefined; cursor = this.#next) {
      this.#next = undefined;
      try {
        const written = this.#store.set(this.#key, cursor);
        if (written === undefined) continue;
        this.#isWriting = true;
        written.catch(this.#onFailure).finally(() => {
          this.#isWriting = false;
          this.#write();
        });
        return;
      } catch (error) {
        this.#onFailure(error);
      }
    }
  }
}
