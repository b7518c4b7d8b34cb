import { createHash } from 'node:crypto';
import { MillraceError } from '../../core/errors.js';
import type { StateStore } from '../../ports/state-store.js';
import type { EmbeddedStore } from './store.js';
import type { Tables } from './tables.js';

/** A key in the files has at most 1978 bytes; longer ones are kept under their hash. */
const MAX_KEY_BYTES = 1_000;
/** So many expired values are removed with each write: more than one write can add. */
const SWEEP = 16;

/** The small values in the files of `store`. Disposing it leaves the store open. */
export function openEmbeddedStateStore(store: EmbeddedStore): StateStore {
  return new EmbeddedStateStore(store);
}

class EmbeddedStateStore implements StateStore {
  readonly description: string;
  private readonly tables: Tables;

  constructor(store: EmbeddedStore) {
    this.description = `the embedded state store in ${store.dir}`;
    this.tables = store.tables;
  }

  async get(key: string): Promise<Buffer | undefined> {
    return this.current(stored(key));
  }

  put(key: string, value: Buffer, ttl?: number): Promise<void> {
    return this.write(() => this.set(stored(key), value, ttl));
  }

  putIfAbsent(key: string, value: Buffer, ttl?: number): Promise<Buffer | undefined> {
    return this.write(() => {
      const found = this.current(stored(key));
      if (found === undefined) this.set(stored(key), value, ttl);
      return found;
    });
  }

  replace(key: string, expected: Buffer, value: Buffer, ttl?: number): Promise<boolean> {
    return this.write(() => {
      if (this.current(stored(key))?.equals(expected) !== true) return false;
      this.set(stored(key), value, ttl);
      return true;
    });
  }

  delete(key: string): Promise<void> {
    return this.write(() => this.remove(stored(key)));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Runs `change` in a transaction of its own, in turn; resolves when it is on the disk. */
  private async write<T>(change: () => T): Promise<T> {
    const { state } = this.tables;
    try {
      const result = await state.transaction(() => {
        this.sweep();
        return change();
      });
      // So that this process reads what it was told is written.
      state.resetReadTxn();
      return result;
    } catch (cause) {
      throw new MillraceError('LOG_UNAVAILABLE', 'The embedded store could not write to its disk', { cause });
    }
  }

  private current(key: string): Buffer | undefined {
    const found = this.tables.state.get(key);
    if (found === undefined) return undefined;
    const [value, expires] = found;
    return expires === null || expires > Date.now() ? value : undefined;
  }

  private set(key: string, value: Buffer, ttl: number | undefined): void {
    this.remove(key);
    const expires = ttl === undefined ? null : Date.now() + ttl;
    this.tables.state.putSync(key, [value, expires]);
    if (expires !== null) this.tables.expiries.putSync([expires, key], true);
  }

  private remove(key: string): void {
    const found = this.tables.state.get(key);
    if (found === undefined) return;
    if (found[1] !== null) this.tables.expiries.removeSync([found[1], key]);
    this.tables.state.removeSync(key);
  }

  private sweep(): void {
    const expired = [...this.tables.expiries.getKeys({ start: [0], end: [Date.now()], limit: SWEEP })];
    for (const [, key] of expired) this.remove(key);
  }
}

const stored = (key: string): string =>
  Buffer.byteLength(key) <= MAX_KEY_BYTES ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`;
