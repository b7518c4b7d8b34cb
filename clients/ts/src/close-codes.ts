import type { Loss } from './link.js';

/** After these codes a retry cannot succeed. docs/protocol.md of the gateway has the table of the codes that it sends. */
const FINAL = new Set([4400, 4406, 4409, 4429]);
/** The credentials were refused, or none were sent. */
const REFUSED = new Set([4401, 4403]);

/**
 * What a close of a WebSocket means. Codes that do not blame the request are retried: 1011 and 4500 are failures of the
 * server, which pass.
 */
export function lossOfClose(code: number, reason: string): Loss {
  const why = reason === '' ? `the connection was closed (${code})` : `${reason} (${code})`;
  if (FINAL.has(code)) return { kind: 'final', why };
  return { kind: REFUSED.has(code) ? 'refused' : 'retry', why };
}
