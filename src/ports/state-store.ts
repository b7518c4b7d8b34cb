/**
 * Small values by key, some of which expire: answers to idempotent mutations, and views. Every node sees the same value
 * of a key, and changes of one key are atomic. Everything in it can be made again from the log (D6), so it may be lost.
 *
 * An implementation MUST pass test/contract/state-store.ts.
 */
export interface StateStore extends AsyncDisposable {
  /** What the store is, for the lines printed at start. */
  readonly description: string;

  /** The value. `undefined`: there is none, or it has expired. */
  get(key: string): Promise<Buffer | undefined>;

  /** Sets the value, whatever was there. It expires after `ttl` milliseconds. Left out: never. */
  put(key: string, value: Buffer, ttl?: number): Promise<void>;

  /**
   * Sets the value only if there is none: of several concurrent callers exactly one succeeds.
   * @returns `undefined` when it was set, and otherwise the value that is there
   */
  putIfAbsent(key: string, value: Buffer, ttl?: number): Promise<Buffer | undefined>;

  /** Sets the value only if it is `expected`, byte for byte. @returns whether it was set */
  replace(key: string, expected: Buffer, value: Buffer, ttl?: number): Promise<boolean>;

  /**
   * Resolves once the present value would survive a failover of the store, or with `false` if it is not `value`, byte
   * for byte. A store that has no failover may resolve without looking.
   * @throws {MillraceError} FANOUT_UNAVAILABLE when a failover may lose the value
   */
  confirm(key: string, value: Buffer): Promise<boolean>;

  delete(key: string): Promise<void>;
}
