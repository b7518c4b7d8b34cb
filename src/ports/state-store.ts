/**
 * Small values by key, some of which expire: answers to idempotent mutations, views. What it says of a
 * key is the same on every node.
 *
 * Whoever implements it MUST pass test/contract/state-store.ts.
 */
export interface StateStore extends AsyncDisposable {
  /** What it is, for the start-up lines. */
  readonly description: string;

  /** The value, or `undefined` when there is none or it has expired. */
  get(key: string): Promise<Buffer | undefined>;

  /** Sets the value, whatever was there. It expires after `ttl` milliseconds, or never when left out. */
  put(key: string, value: Buffer, ttl?: number): Promise<void>;

  /**
   * Sets the value only if there is none: of many callers at once exactly one succeeds.
   * @returns `undefined` when it was set, or else the value that is there
   */
  putIfAbsent(key: string, value: Buffer, ttl?: number): Promise<Buffer | undefined>;

  /** Sets the value only if `expected` (byte for byte) is there. @returns whether it was set */
  replace(key: string, expected: Buffer, value: Buffer, ttl?: number): Promise<boolean>;

  delete(key: string): Promise<void>;
}
