import type { Revocation } from '../core/revocation.js';

/**
 * Where revocations are kept, for all nodes. They are not events: they end when the credentials would have expired anyway.
 *
 * An implementation MUST pass test/contract/revocation-log.ts.
 */
export interface RevocationLog extends AsyncDisposable {
  /**
   * Adds a revocation. Resolves once every node that reads from then on finds it, also after a failover.
   * @throws {MillraceError} FANOUT_UNAVAILABLE: it may or may not have been added. Adding it again does no harm
   */
  add(revocation: Revocation): Promise<void>;

  /**
   * The revocations that were added since the last call, possibly with some that were returned before. The first call returns
   * all that are still in force. Entries that cannot be read are reported and left out.
   * @throws {MillraceError} FANOUT_UNAVAILABLE: the next call returns them
   */
  readNew(): Promise<readonly Revocation[]>;
}
