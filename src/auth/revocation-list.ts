import type { Claims } from '../core/identity.js';
import type { Revocation } from '../core/revocation.js';

/** Of one subject: those that were issued before a time, until a time. */
interface Cut {
  readonly issuedBefore: number;
  readonly until: number;
}

/** C4: at the bound, the oldest are forgotten. */
const MAX_REVOCATIONS = 100_000;

/** Revocations in memory, found by the claims `jti` and `sub` of RFC 7519. */
export class RevocationList {
  readonly #max: number;
  /** Until when, by id. */
  readonly #ids = new Map<string, number>();
  readonly #subjects = new Map<string, readonly Cut[]>();

  constructor(max = MAX_REVOCATIONS) {
    this.#max = max;
  }

  get size(): number {
    return this.#ids.size + this.#subjects.size;
  }

  /** @returns whether it revokes anything that was not revoked before */
  add(revocation: Revocation, now: number): boolean {
    const { until } = revocation;
    if (until <= now) return false;
    if ('id' in revocation) {
      if ((this.#ids.get(revocation.id) ?? 0) >= until) return false;
      this.#ids.set(revocation.id, until);
      this.#evict(this.#ids);
      return true;
    }
    const cut: Cut = { issuedBefore: revocation.issuedBefore ?? Number.POSITIVE_INFINITY, until };
    const known = this.#subjects.get(revocation.subject) ?? [];
    if (known.some((one) => covers(one, cut))) return false;
    const others = known.filter((one) => !covers(cut, one) && one.until > now);
    this.#subjects.set(revocation.subject, [...others, cut]);
    this.#evict(this.#subjects);
    return true;
  }

  has({ jti, sub, iat }: Claims, now: number): boolean {
    if (typeof jti === 'string' && (this.#ids.get(jti) ?? 0) > now) return true;
    const cuts = typeof sub === 'string' ? this.#subjects.get(sub) : undefined;
    if (cuts === undefined) return false;
    // Credentials without a time of issue count as issued before. `iat` has whole seconds: a tie counts as before.
    const issuedAt = typeof iat === 'number' ? iat * 1_000 : Number.NEGATIVE_INFINITY;
    return cuts.some(({ issuedBefore, until }) => issuedAt < issuedBefore && until > now);
  }

  /** Forgets those that have ended. */
  sweep(now: number): void {
    for (const [id, until] of this.#ids) if (until <= now) this.#ids.delete(id);
    for (const [subject, cuts] of this.#subjects)
      if (cuts.every(({ until }) => until <= now)) this.#subjects.delete(subject);
  }

  #evict(from: Map<string, unknown>): void {
    if (from.size <= this.#max) return;
    for (const oldest of from.keys()) {
      from.delete(oldest);
      return;
    }
  }
}

const covers = (one: Cut, other: Cut): boolean =>
  one.issuedBefore >= other.issuedBefore && one.until >= other.until;
