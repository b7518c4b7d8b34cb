import type { BearerToken } from '../../../core/sasl.js';

/** The part of a token's life after which it is replaced. A broker's session ends with its token. */
const REFRESH_AFTER = 0.8;

/**
 * Keeps a bearer token until shortly before it expires. Connections that authenticate together share one request. While
 * the issuer is away, the token is used until it really expires.
 */
export class TokenCache {
  readonly #fetch: () => Promise<BearerToken>;
  readonly #now: () => number;
  #token: BearerToken | undefined;
  #refreshAt = 0;
  #pending: Promise<BearerToken> | undefined;

  /** @param now milliseconds since 1970 */
  constructor(fetch: () => Promise<BearerToken>, now: () => number = Date.now) {
    this.#fetch = fetch;
    this.#now = now;
  }

  get(): Promise<BearerToken> {
    if (this.#token !== undefined && this.#now() < this.#refreshAt) return Promise.resolve(this.#token);
    this.#pending ??= this.#refresh().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  /** A broker refused the token: the next connection gets another one. */
  drop(token: BearerToken): void {
    if (this.#token === token) this.#token = undefined;
  }

  async #refresh(): Promise<BearerToken> {
    const askedAt = this.#now();
    try {
      const token = await this.#fetch();
      this.#token = token.expiresAt === undefined ? undefined : token;
      this.#refreshAt = askedAt + ((token.expiresAt ?? askedAt) - askedAt) * REFRESH_AFTER;
      return token;
    } catch (error) {
      const { expiresAt = 0 } = this.#token ?? {};
      if (this.#token !== undefined && this.#now() < expiresAt) return this.#token;
      throw error;
    }
  }
}
