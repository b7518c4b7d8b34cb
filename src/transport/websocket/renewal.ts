import { type Authenticate, credentialsExpired } from '../../auth/authenticate.js';
import { MillraceError } from '../../core/errors.js';
import { type Identity, subjectOf } from '../../core/identity.js';

/** S4: each renewal verifies credentials, and may move all subscriptions of its connection. */
const MIN_INTERVAL_MS = 1_000;

/** Whom the renewed credentials belong to so far. */
interface Renewable {
  readonly identity: Identity;
  readonly remoteAddress: string | undefined;
}

/** S2: verifies the credentials that a client sends on its open connection, for one of them at a time. */
export class Renewal {
  readonly #authenticate: Authenticate;
  #isUnderWay = false;
  #endedAt = Number.NEGATIVE_INFINITY;

  constructor(authenticate: Authenticate) {
    this.#authenticate = authenticate;
  }

  /**
   * @param presented what the client sent, of the same form as the payload of `connection_init`
   * @param current `undefined`: it has not authenticated yet
   * @throws {MillraceError} then the former credentials stay in force. FORBIDDEN with `reason: SUBJECT` for those of another
   *   subject: the cursors of the connection belong to the former one (S3)
   */
  async of(presented: unknown, current: Renewable | undefined): Promise<Identity> {
    if (current === undefined) throw bad('Send `credentials` in a `ping` after `connection_ack`.');
    if (!isObject(presented))
      throw bad('`credentials` must be an object, as the payload of `connection_init`.');
    if (this.#isUnderWay || performance.now() - this.#endedAt < MIN_INTERVAL_MS) throw tooOften();
    this.#isUnderWay = true;
    try {
      const { remoteAddress } = current;
      // The headers of the upgrade are not kept. They would be the former credentials.
      const identity = await this.#authenticate({ headers: {}, connectionParams: presented, remoteAddress });
      if (subjectOf(identity) !== subjectOf(current.identity)) throw otherSubject();
      if (identity.expiresAt !== undefined && identity.expiresAt <= Date.now()) throw credentialsExpired();
      return identity;
    } finally {
      this.#isUnderWay = false;
      this.#endedAt = performance.now();
    }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const bad = (message: string): MillraceError => new MillraceError('BAD_REQUEST', message);

function tooOften(): MillraceError {
  const seconds = MIN_INTERVAL_MS / 1_000;
  return new MillraceError(
    'LIMIT_EXCEEDED',
    `The credentials of a connection are renewed one at a time, with ${seconds} s in between. Try again later.`,
    { retry: true, details: { retryAfter: seconds } },
  );
}

function otherSubject(): MillraceError {
  return new MillraceError(
    'FORBIDDEN',
    'These credentials are those of another subject. Open another connection with them.',
    { details: { reason: 'SUBJECT' } },
  );
}
