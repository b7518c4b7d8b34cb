import { randomUUID } from 'node:crypto';
import type { WarningThrottle } from '../observe/warning-throttle.js';
import type { StateStore } from '../ports/state-store.js';

interface LeaseOptions {
  readonly store: StateStore;
  readonly warnings: WarningThrottle;
  /** The lease's name in the store. */
  readonly name: string;
  /** How long the lease lasts unless it is renewed. It is renewed three times as often. */
  readonly durationMs: number;
}

/**
 * The exclusive right to run a mutation, as long as it is renewed. It ends early when its holder's node dies or cannot
 * reach the store: then another attempt acquires it. So the holder may lose it without noticing, and every change that
 * it makes to the key's record compares the record first (see `Idempotency`).
 *
 * Disposing stops the renewal and gives the lease back.
 */
export class Lease implements AsyncDisposable {
  /** Identifies the holder; the attempt's id. */
  readonly id: string;
  readonly #options: LeaseOptions;
  readonly #token: Buffer;
  readonly #renewal: NodeJS.Timeout;

  private constructor(options: LeaseOptions, id: string, token: Buffer) {
    this.id = id;
    this.#options = options;
    this.#token = token;
    this.#renewal = setInterval(() => this.#renew(), options.durationMs / 3);
    this.#renewal.unref();
  }

  /** @returns `undefined` when somebody else holds the lease */
  static async acquire(options: LeaseOptions): Promise<Lease | undefined> {
    const id = randomUUID();
    const token = Buffer.from(id);
    const holder = await options.store.putIfAbsent(options.name, token, options.durationMs);
    return holder === undefined ? new Lease(options, id, token) : undefined;
  }

  #renew(): void {
    const { store, warnings, name, durationMs } = this.#options;
    store.replace(name, this.#token, this.#token, durationMs).catch((error: unknown) => {
      warnings.report('lease-renewal', error, 'the lease of an idempotent mutation could not be renewed');
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#renewal);
    const { store, warnings, name } = this.#options;
    // Replaced, not deleted: by now it may be another holder's. The replacement expires at once.
    await store.replace(name, this.#token, this.#token, 1).catch((error: unknown) => {
      const message = 'the lease of an idempotent mutation could not be given back; it expires';
      warnings.report('lease-return', error, message);
    });
  }
}
