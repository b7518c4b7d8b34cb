import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { MillraceError } from '../core/errors.js';

type Keys = ReturnType<typeof createRemoteJWKSet>;

/** How long to wait before the next try, in seconds. */
const RETRY_AFTER_S = 5;

/**
 * The issuer's JSON Web Key Set, fetched when it is first needed, and again when it is old or lacks a token's key.
 * A set that cannot be fetched is this server's trouble, not the token's: AUTH_UNAVAILABLE.
 */
export class KeySet {
  readonly #keys: Keys;
  readonly #url: URL;

  constructor(url: URL) {
    this.#url = url;
    this.#keys = createRemoteJWKSet(url);
  }

  /**
   * @throws {MillraceError} AUTH_UNAVAILABLE when the set cannot be fetched
   * @throws {Error} of `jose` when the token is invalid
   */
  async verify(token: string, options: JWTVerifyOptions): Promise<JWTPayload> {
    const keyOf = (...args: Parameters<Keys>) => this.#fetching(() => this.#keys(...args));
    try {
      return (await jwtVerify(token, keyOf, options)).payload;
    } catch (error) {
      // A token without `kid` may be signed with any key of its type.
      if (error instanceof errors.JWKSMultipleMatchingKeys) return await verifyWithAny(token, error, options);
      throw error;
    }
  }

  /** @throws {MillraceError} AUTH_UNAVAILABLE when there is no set, and it cannot be fetched */
  async check(): Promise<void> {
    if (!this.#keys.fresh) await this.#fetching(() => this.#keys.reload());
  }

  async #fetching<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (isTokenFault(cause)) throw cause;
      throw new MillraceError(
        'AUTH_UNAVAILABLE',
        'The key set of the issuer cannot be fetched. Try again later.',
        {
          cause: new Error(`The key set at ${this.#url.host} cannot be fetched.`, { cause }),
          details: { retryAfter: RETRY_AFTER_S },
        },
      );
    }
  }
}

/** What `jose` throws when it has a set, and the token fits none of its keys. Everything else is about fetching. */
function isTokenFault(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

async function verifyWithAny(
  token: string,
  keys: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}
