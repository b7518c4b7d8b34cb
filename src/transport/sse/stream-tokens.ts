import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Identity, subjectOf } from '../../core/identity.js';

/** How long after its reservation a stream may be opened. */
const RESERVATION_MS = 60_000;

/** Why a token is not accepted. */
export type TokenFault = 'other-node' | 'invalid' | 'expired';

/**
 * The reservations of event streams, as tokens that prove themselves: a reservation without a stream costs this node nothing, and
 * expires by itself (S4). A token cannot be guessed, and is useless for another subject (S3).
 */
export class StreamTokens {
  readonly #node = randomBytes(9).toString('base64url');
  readonly #key = randomBytes(32);
  readonly #now: () => number;

  /** @param now in milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  issue(identity: Identity): string {
    const until = (this.#now() + RESERVATION_MS).toString(36);
    const name = `${this.#node}.${until}.${randomBytes(16).toString('base64url')}`;
    return `${name}.${this.#proof(name, identity).toString('base64url')}`;
  }

  /** @param isOpen whether its stream is open: then the reservation is over. @returns `undefined`: it is this caller's */
  faultOf(token: string, identity: Identity, isOpen: boolean): TokenFault | undefined {
    const [node, until = '', random = '', proof = ''] = token.split('.');
    if (node !== this.#node) return 'other-node';
    const expected = this.#proof(`${node}.${until}.${random}`, identity);
    const given = Buffer.from(proof, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'invalid';
    return !isOpen && Number.parseInt(until, 36) < this.#now() ? 'expired' : undefined;
  }

  #proof(name: string, identity: Identity): Buffer {
    // An anonymous caller is not the subject of any name.
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([name, subjectOf(identity)]))
      .digest();
  }
}
