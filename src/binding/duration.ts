const DURATION = /^(\d{1,6})(ms|s|m)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** The longest time that an HTTP request may reasonably stay open. */
const MAX_DURATION_MS = 300_000;

/** The milliseconds of `500ms`, `5s` or `1m`. `undefined`: not a duration, zero, or longer than 5 minutes. */
export function durationMs(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? [];
  const milliseconds = Number(count) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  return milliseconds > 0 && milliseconds <= MAX_DURATION_MS ? milliseconds : undefined;
}

/** What to write, for diagnostics and error messages. */
export const DURATION_HINT = 'Write a number with ms, s or m, up to 5m, such as 500ms, 5s or 1m.';
