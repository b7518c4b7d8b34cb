import { MillraceError } from '../core/errors.js';
import type { Identity } from '../core/identity.js';
import type { RefusalReason } from '../observe/security-log.js';
import { type Authenticate, type Credentials, isExpired } from './authenticate.js';
import { isRevokedError } from './revocations.js';

/** S4: a caller holds a connection, and a slot of it, for as long as it is not known. */
const AUTHENTICATE_TIMEOUT_MS = 5_000;

interface Guards {
  /** Refuse callers without credentials. */
  readonly required: boolean;
  /** Verification itself failed: this server's trouble. */
  readonly onFailure: (cause: unknown) => void;
  /** How long verification may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** S2: refuses credentials that were revoked. @throws {MillraceError} */
  readonly checkRevoked?: ((identity: Identity) => void) | undefined;
  readonly onRefused: (reason: RefusalReason, message: string, credentials: Credentials) => void;
}

/**
 * `authenticate` with what holds for every way of authenticating, on every transport:
 *
 * | `authenticate`                         | the caller gets                                   |
 * |----------------------------------------|---------------------------------------------------|
 * | throws a `MillraceError`               | that error; a refusal goes to the security log    |
 * | throws anything else, or returns no identity | AUTH_UNAVAILABLE: it may try again. `onFailure` gets the cause |
 * | does not answer in time                | AUTH_UNAVAILABLE, as well; what it answers later counts for nobody |
 * | returns an identity that was revoked   | UNAUTHENTICATED with `reason: REVOKED`            |
 * | returns an identity without claims     | with `required`, UNAUTHENTICATED                  |
 */
export function guarded(
  authenticate: Authenticate,
  { required, onFailure, onRefused, checkRevoked, timeoutMs = AUTHENTICATE_TIMEOUT_MS }: Guards,
): Authenticate {
  return async (credentials) => {
    let identity: Identity;
    try {
      identity = checked(await within(timeoutMs, authenticate(credentials)));
      checkRevoked?.(identity);
    } catch (error) {
      if (!(error instanceof MillraceError)) {
        onFailure(error);
        throw unavailable(error);
      }
      if (error.code === 'AUTH_UNAVAILABLE') onFailure(error.cause ?? error);
      else onRefused(reasonOf(error), error.message, credentials);
      throw error;
    }
    if (required && isAnonymous(identity)) {
      const error = new MillraceError('UNAUTHENTICATED', 'Credentials are required here.');
      onRefused('anonymous', error.message, credentials);
      throw error;
    }
    return identity;
  };
}

function reasonOf(error: MillraceError): RefusalReason {
  if (isExpired(error)) return 'expired';
  return isRevokedError(error) ? 'revoked' : 'credentials';
}

/** Not `withSignal`, which costs every request a signal of its own. */
function within<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`\`authenticate\` did not answer within ${timeoutMs} ms.`));
    const timer = setTimeout(late, timeoutMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** A project may be plain JavaScript: a function without `return` would let everybody in as nobody. */
function checked(identity: Identity): Identity {
  const { claims, expiresAt } = identity ?? {};
  if (typeof claims !== 'object' || claims === null)
    throw new TypeError('`authenticate` returned no identity.');
  if (expiresAt !== undefined && !Number.isFinite(expiresAt)) {
    throw new TypeError('`authenticate` returned an identity whose `expiresAt` is not a time.');
  }
  return identity;
}

function isAnonymous({ claims }: Identity): boolean {
  for (const _ in claims) return false;
  return true;
}

function unavailable(cause: unknown): MillraceError {
  const message = 'The credentials cannot be verified at the moment. Try again later.';
  return new MillraceError('AUTH_UNAVAILABLE', message, { cause });
}
