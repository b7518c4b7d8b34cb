import { backoffMs, withSignal } from '../../core/async.js';
import { Deadline } from '../../core/deadline.js';
import { MillraceError, messageOf } from '../../core/errors.js';
import type { ExpiringPassword } from '../../core/expiring-password.js';
import type { OnProblem } from '../../ports/problem.js';

/** The part of a password's life after which the next one is fetched. */
const REFRESH_AFTER = 0.8;
const REFRESH_MS = 60_000;
/** The shortest wait, so that a password that has already expired is not fetched in a tight loop. */
const MIN_REFRESH_MS = 1_000;
/** The longest delay of a timer. */
const MAX_REFRESH_MS = 2 ** 31 - 1;
const FETCH_TIMEOUT_MS = 10_000;

/**
 * A password that a program fetches, kept fresh. ioredis reads the password when it connects, and cannot wait for it then, so
 * it is fetched before the first connection and again before it expires.
 */
export class FetchedPassword implements Disposable {
  readonly #fetch: () => Promise<ExpiringPassword>;
  readonly #onProblem: OnProblem;
  #newest = '';
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(fetch: () => Promise<ExpiringPassword>, onProblem: OnProblem) {
    this.#fetch = fetch;
    this.#onProblem = onProblem;
  }

  /** @throws {MillraceError} FANOUT_UNAVAILABLE when the first one cannot be fetched */
  static async open(fetch: () => Promise<ExpiringPassword>, onProblem: OnProblem): Promise<FetchedPassword> {
    const password = new FetchedPassword(fetch, onProblem);
    try {
      await password.#refresh();
    } catch (cause) {
      const message = `The password of Redis cannot be fetched: ${messageOf(cause)}. Check redis.password in millrace.config.`;
      throw new MillraceError('FANOUT_UNAVAILABLE', message, { cause });
    }
    return password;
  }

  /** The newest password. While no other can be fetched, it is used even after it has expired. */
  readonly current = (): string => this.#newest;

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #refresh(): Promise<void> {
    using deadline = new Deadline(FETCH_TIMEOUT_MS);
    const { value, expiresAt } = await withSignal(this.#fetch(), deadline.signal);
    this.#newest = value;
    this.#refreshAfter(expiresAt === undefined ? REFRESH_MS : (expiresAt - Date.now()) * REFRESH_AFTER, 0);
  }

  #refreshAfter(ms: number, attempt: number): void {
    if (this.#closed) return;
    const refresh = (): void => {
      this.#refresh().catch((cause: unknown) => {
        const message = `The password of Redis cannot be fetched: ${messageOf(cause)}`;
        this.#onProblem({ kind: 'redis-password', message, cause });
        this.#refreshAfter(backoffMs(attempt), attempt + 1);
      });
    };
    this.#timer = setTimeout(refresh, Math.min(Math.max(ms, MIN_REFRESH_MS), MAX_REFRESH_MS));
    // The process may end while it waits.
    this.#timer.unref();
  }
}
