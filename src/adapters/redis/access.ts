import { pause } from '../../core/async.js';
import { MillraceError } from '../../core/errors.js';
import { REFUSED_RETRY_MS, type Refusal } from '../../core/refusal.js';
import type { OnProblem } from '../../ports/problem.js';
import { Refusals } from '../../ports/refusals.js';
import { mayBeAnotherProtocol, wrongProtocol } from './probe.js';
import { type Refused, refusedBy } from './refused.js';
import { describe, type RedisServer } from './server.js';

/** What nobody has met again for this long counts as mended: connections and relays try again more often. */
const FORGOTTEN_AFTER_MS = 3 * REFUSED_RETRY_MS;
const PROBE_INTERVAL_MS = 2_000;

/** What Redis refuses this process, told apart from what passes by itself. */
export class RedisAccess implements Disposable {
  readonly #server: RedisServer;
  readonly #onProblem: OnProblem;
  readonly #closed = new AbortController();
  readonly #refusals: Refusals;
  /** When each refusal was met last, by its sentence. */
  readonly #met = new Map<string, number>();
  #isProbing = false;

  constructor(server: RedisServer, onProblem: OnProblem) {
    this.#server = server;
    this.#onProblem = onProblem;
    this.#refusals = new Refusals(onProblem, this.#closed.signal);
  }

  /** Reports a failure of a connection, which connects again by itself. */
  readonly onError = (cause: Error): void => {
    if (this.#refusal(cause) !== undefined || this.#closed.signal.aborted) return;
    if (mayBeAnotherProtocol(cause)) void this.#probe(cause);
    const message = `${describe(this.#server)}: ${cause.message}`;
    this.#onProblem({ kind: 'redis-connection', message, cause });
  };

  /**
   * Turns any failure of a command into the error that the ports name. Clients see its message, so it has nothing of
   * Redis's own words.
   * @param attempted what failed, as the start of a sentence: `Claiming shop.orders/3`
   */
  unavailable(attempted: string, cause: unknown): MillraceError {
    if (cause instanceof MillraceError) return cause;
    const refusal = cause instanceof Error ? this.#refusal(cause, attempted) : undefined;
    return new MillraceError(
      'FANOUT_UNAVAILABLE',
      `${attempted} failed: Redis cannot be used at the moment.`,
      {
        cause: refusal ?? cause,
      },
    );
  }

  [Symbol.dispose](): void {
    this.#closed.abort();
  }

  #refusal(cause: Error, attempted?: string): Refusal | undefined {
    const refused = refusedBy(cause, this.#server, attempted);
    return refused && this.#told(refused, cause);
  }

  /** Asks the ports what they speak, but not for each of the many connections that fail at the same time. */
  async #probe(cause: Error): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    const refused = await wrongProtocol(this.#server);
    if (refused !== undefined) this.#told(refused, cause);
    await pause(PROBE_INTERVAL_MS, this.#closed.signal);
    this.#isProbing = false;
  }

  #told(refused: Refused, cause: Error): Refusal | undefined {
    if (this.#closed.signal.aborted) return undefined;
    const { sentence } = refused;
    this.#met.set(sentence, performance.now());
    return this.#refusals.of({ ...refused, cause }, async () => {
      const isForgotten = performance.now() - (this.#met.get(sentence) ?? 0) >= FORGOTTEN_AFTER_MS;
      if (isForgotten) this.#met.delete(sentence);
      return isForgotten;
    });
  }
}
