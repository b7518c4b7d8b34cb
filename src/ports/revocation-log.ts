import type { Revocation } from '../core/revocation.js';

/**
 * Where revocations are kept, for all nodes. They are not events: they end with the credentials that they are about.
 *
 * An implementation MUST pass test/contract/revocation-log.ts.
 */
export interface RevocationLog extends AsyncDisposable {
  /**
   * Adds one. Resolves once every node that reads from then on finds it, also after a failover.
   * @throws {MillraceError} FANOUT_UNAVAILABLE; then it may or may not have been added. Adding it again does no harm
   */
  add(revocation: Revocation): Promise<void>;

  /**
   * Those that were added since the last call, and maybe some that were returned before; at the first call all that still
   * count. What cannot be read is reported and left out.
   * @throws {MillraceError} FANOUT_UNAVAILABLE; then the next call returns them
   */
  readNew(): Promise<readonly Revocation[]>;
}
