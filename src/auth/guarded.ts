import { MillraceError } from '../core/errors.js';
import type { Identity } from '../core/identity.js';
import type { RefusalReason } from '../observe/security-log.js';
import { type Authenticate, type Credentials, isExpired } from './authenticate.js';

interface Guards {
  /** Refuse callers without credentials. */
  readonly required: boolean;
  /** Verification itself failed: this server's trouble. */
  readonly onFailure: (cause: unknown) => void;
  readonly onRefused: (reason: RefusalReason, message: string, credentials: Credentials) => void;
}

/**
 * `authenticate` with what holds for every way of authenticating, on every transport:
 *
 * | `authenticate`                         | the caller gets                                   |
 * |----------------------------------------|---------------------------------------------------|
 * | throws a `MillraceError`               | that error; a refusal goes to the security log    |
 * | throws anything else, or returns no identity | AUTH_UNAVAILABLE: it may try again. `onFailure` gets the cause |
 * | returns an identity without claims     | with `required`, UNAUTHENTICATED                  |
 */
export function guarded(
  authenticate: Authenticate,
  { required, onFailure, onRefused }: Guards,
): Authenticate {
  return async (credentials) => {
    let identity: Identity;
    try {
      identity = checked(await authenticate(credentials));
    } catch (error) {
      if (!(error instanceof MillraceError)) {
        onFailure(error);
        throw unavailable(error);
      }
      if (error.code === 'AUTH_UNAVAILABLE') onFailure(error.cause ?? error);
      else onRefused(isExpired(error) ? 'expired' : 'credentials', error.message, credentials);
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
