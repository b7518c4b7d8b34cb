import { createHash } from 'node:crypto';
import { MillraceError } from '../../core/errors.js';
import type { StateStore } from '../../ports/state-store.js';
import type { EmbeddedStore } from './store.js';
import type { Tables } from './tables.js';

/** lmdb takes keys of at most 1978 bytes. Longer ones are stored under their hash. */
const MAX_KEY_BYTES = 1_000;
/** C4: how many expired values each write removes. More than a write adds, so expired values do not accumulate. */
const MAX_SWEPT_PER_WRITE = 16;

/** Opens a state store in the files of `store`. Disposing it leaves those open. */
export function openEmbeddedStateStore(store: EmbeddedStore): StateStore {
  return new EmbeddedStateStore(store);
}

class EmbeddedStateStore implements StateStore {
  readonly description: string;
  readonly #tables: Tables;

  constructor(store: EmbeddedStore) {
    this.description = `the embedded state store in ${store.dir}`;
    this.#tables = store.tables;
  }

  async get(key: string): Promise<Buffer | undefined> {
    return this.#current(storedKey(key));
  }

  put(key: string, value: Buffer, ttl?: number): Promise<void> {
    return this.#write(() => this.#set(storedKey(key), value, ttl));
  }

  putIfAbsent(key: string, value: Buffer, ttl?: number): Promise<Buffer | undefined> {
    return this.#write(() => {
      const found = this.#current(storedKey(key));
      if (found === undefined) this.#set(storedKey(key), value, ttl);
      return found;
    });
  }

  replace(key: string, expected: Buffer, value: Buffer, ttl?: number): Promise<boolean> {
    return this.#write(() => {
      if (this.#current(storedKey(key))?.equals(expected) !== true) return false;
      this.#set(storedKey(key), value, ttl);
      return true;
    });
  }

  /** Every write is on disk when it resolves. */
  async confirm(key: string, value: Buffer): Promise<boolean> {
    return this.#current(storedKey(key))?.equals(value) === true;
  }

  delete(key: string): Promise<void> {
    return this.#write(() => this.#remove(storedKey(key)));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Runs `change` in a transaction, one after the other. Resolves once it is on disk. */
  async #write<T>(change: () => T): Promise<T> {
    const { state } = this.#tables;
    try {
      const result = await state.transaction(() => {
        this.#sweep();
        return change();
      });
      // Otherwise a read in this tick would still see the state before the write.
      state.resetReadTxn();
      return result;
    } catch (cause) {
      throw new MillraceError('LOG_UNAVAILABLE', 'The embedded state store could not write to disk.', {
        cause,
      });
    }
  }

  #current(key: string): Buffer | undefined {
    const found = this.#tables.state.get(key);
    if (found === undefined) return undefined;
    const [value, expires] = found;
    return expires === null || expires > Date.now() ? value : undefined;
  }

  /** Within a transaction. Removes the old value first, because its expiry has an entry of its own. */
  #set(key: string, value: Buffer, ttl: number | undefined): void {
    this.#remove(key);
    const expires = ttl === undefined ? null : Date.now() + ttl;
    this.#tables.state.putSync(key, [value, expires]);
    if (expires !== null) this.#tables.expiries.putSync([expires, key], true);
  }

  #remove(key: string): void {
    const found = this.#tables.state.get(key);
    if (found === undefined) return;
    if (found[1] !== null) this.#tables.expiries.removeSync([found[1], key]);
    this.#tables.state.removeSync(key);
  }

  /** Removes expired values, oldest first. Reads skip them already (`#current`); this frees their space. */
  #sweep(): void {
    const expired = [
      ...this.#tables.expiries.getKeys({ start: [0], end: [Date.now()], limit: MAX_SWEPT_PER_WRITE }),
    ];
    for (const [, key] of expired) this.#remove(key);
  }
}

const storedKey = (key: string): string =>
  Buffer.byteLength(key) <= MAX_KEY_BYTES ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`;
