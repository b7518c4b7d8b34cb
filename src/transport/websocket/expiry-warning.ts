/** How long before their end a client is told for the first time that its credentials expire. */
const LEAD_MS = 60_000;
/** Later than this before the end, nothing is to be gained. */
const LAST_MS = 1_000;

/**
 * When the client is told that its credentials expire: a minute ahead, or halfway where less than two minutes are left. Then
 * halfway again: each warning may be the one after which its issuer gives it new ones.
 * @param now and `expiresAt` in milliseconds since 1970
 * @returns `undefined`: not any more
 */
export function nextWarning(now: number, expiresAt: number): number | undefined {
  const left = expiresAt - now;
  if (left <= 2 * LAST_MS) return undefined;
  return left > 2 * LEAD_MS ? expiresAt - LEAD_MS : now + left / 2;
}
