/**
 * How long a fact may take before it counts as never coming, in milliseconds. A ceiling, not an expectation;
 * a planted run lowers it, so that a bug that shows as silence shows soon.
 */
export const CEILING = Number(process.env['FAULT_CEILING_MS'] || 60_000);

/** For `expect.poll` and `vi.waitFor`. */
export const SOON = { timeout: CEILING, interval: 50 };

/** What a case may take as a whole: several facts are waited for in each. */
export const CASE = 4 * CEILING;
