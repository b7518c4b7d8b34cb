/**
 * How long a condition may take before the case fails. A ceiling, not an expectation. `npm run test:planted` lowers
 * it, so that a bug that shows as silence fails sooner.
 */
export const CEILING_MS = Number(process.env['FAULT_CEILING_MS'] || 60_000);

/** For `expect.poll` and `vi.waitFor`. */
export const EVENTUALLY = { timeout: CEILING_MS, interval: 50 };

/** The timeout of a whole case, which waits for several conditions. */
export const CASE_TIMEOUT = 4 * CEILING_MS;
