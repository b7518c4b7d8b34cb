import { pause } from '../core/async.js';
import { MillraceError } from '../core/errors.js';
import type { Identity } from '../core/identity.js';
import type { Revocation } from '../core/revocation.js';
import type { RevocationLog } from '../ports/revocation-log.js';
import { RevocationList } from './revocation-list.js';

/** S2: a revocation is noticed within a second, with the time that reading takes. */
const READ_INTERVAL_MS = 500;
const SWEEP_INTERVAL_MS = 60_000;
const RETRY_AFTER_S = 1;

interface RevocationsParts {
  readonly log: RevocationLog;
  /** Called when reading failed: new revocations are not noticed for now. */
  readonly onFailure: (cause: unknown) => void;
  readonly intervalMs?: number;
}

/**
 * Which credentials were revoked, as far as this node knows. It reads them all the time.
 *
 * | the log of revocations                | credentials                                                    |
 * |---------------------------------------|----------------------------------------------------------------|
 * | was never read since the node started | are refused for now (AUTH_UNAVAILABLE): any may be revoked     |
 * | was read, and cannot be read now      | count by what is known; newer revocations count once it is back |
 */
export class Revocations implements AsyncDisposable {
  /** Called after more credentials were revoked: holders of credentials have to check them again. */
  readonly listeners = new Set<() => void>();
  readonly #parts: RevocationsParts;
  readonly #list = new RevocationList();
  readonly #closed = new AbortController();
  #isKnown = false;
  #sweptAt = 0;
  #reading: Promise<void> = Promise.resolve();

  private constructor(parts: RevocationsParts) {
    this.#parts = parts;
  }

  /** Resolves after the first reading, whether or not it succeeded. */
  static async open(parts: RevocationsParts): Promise<Revocations> {
    const revocations = new Revocations(parts);
    await revocations.#read();
    revocations.#reading = revocations.#keepReading();
    return revocations;
  }

  isRevoked({ claims }: Identity): boolean {
    return this.#list.has(claims, Date.now());
  }

  /** @throws {MillraceError} UNAUTHENTICATED for revoked credentials, AUTH_UNAVAILABLE if that is not known */
  check(identity: Identity): void {
    const { claims } = identity;
    if (typeof claims['sub'] !== 'string' && typeof claims['jti'] !== 'string') return;
    if (!this.#isKnown)
      throw new MillraceError(
        'AUTH_UNAVAILABLE',
        'Whether the credentials were revoked cannot be found out at the moment. Try again later.',
        { details: { retryAfter: RETRY_AFTER_S } },
      );
    if (this.isRevoked(identity)) throw credentialsRevoked();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#reading;
  }

  async #keepReading(): Promise<void> {
    const { signal } = this.#closed;
    const { intervalMs = READ_INTERVAL_MS } = this.#parts;
    while (!signal.aborted) {
      await pause(intervalMs, signal);
      if (!signal.aborted) await this.#read();
    }
  }

  #tell(): void {
    for (const listener of [...this.listeners]) {
      try {
        listener();
      } catch (cause) {
        // S4: the other listeners are called all the same, and reading continues.
        this.#parts.onFailure(cause);
      }
    }
  }

  async #read(): Promise<void> {
    let added: readonly Revocation[];
    try {
      added = await this.#parts.log.readNew();
    } catch (cause) {
      if (!this.#closed.signal.aborted) this.#parts.onFailure(cause);
      return;
    }
    this.#isKnown = true;
    const now = Date.now();
    let isNews = false;
    for (const revocation of added) if (this.#list.add(revocation, now)) isNews = true;
    if (now - this.#sweptAt >= SWEEP_INTERVAL_MS) {
      this.#sweptAt = now;
      this.#list.sweep(now);
    }
    if (isNews) this.#tell();
  }
}

const REVOKED = 'REVOKED';

/** Unlike after an expiry, new credentials may be revoked too, so a client must not simply retry. */
export function credentialsRevoked(): MillraceError {
  return new MillraceError('UNAUTHENTICATED', 'The credentials were revoked.', {
    details: { reason: REVOKED },
  });
}

export function isRevokedError({ code, details }: MillraceError): boolean {
  return code === 'UNAUTHENTICATED' && details['reason'] === REVOKED;
}
