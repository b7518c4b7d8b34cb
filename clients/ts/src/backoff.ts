/** The longest wait before the first retry; it doubles with each further one. */
const BASE_MS = 1_000;
const CAP_MS = 30_000;

/**
 * How long to wait before a retry: exponential, with full jitter, so that clients that lost their connections together do not
 * reconnect together.
 * @param failures how many attempts failed in a row, this one included
 * @param random from 0 to 1
 * @param retryAfterMs what the server asked for, at least
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(failures: number, random: number, retryAfterMs = 0): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.max(0, failures - 1));
  return retryAfterMs + Math.round(random * ceiling);
}
