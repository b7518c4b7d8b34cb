const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** `12 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  const length = Math.round(Math.abs(ms));
  const sign = ms < 0 ? '−' : '';
  if (length < 1_000) return `${sign}${length} ms`;
  if (length < 60_000) return `${sign}${(length / 1_000).toFixed(length < 10_000 ? 1 : 0)} s`;
  const index = UNITS.findIndex(([, size]) => length >= size);
  const [unit, size] = UNITS[index] ?? ['s', 1_000];
  const [lower, lowerSize] = UNITS[index + 1] ?? ['s', 1_000];
  const rest = Math.floor((length % size) / lowerSize);
  return `${sign}${Math.floor(length / size)} ${unit}${rest === 0 ? '' : ` ${rest} ${lower}`}`;
}

/** The name by which people call a publisher: `order` for `/services/order`. */
export const sourceName = (source: string): string => source.replace(/^\/(services\/)?/, '') || source;

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const DAY_MS = 86_400_000;

/** The time of day, with the date if it is not of the last day. */
export function moment(time: string | number, now: number): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return String(time);
  return Math.abs(now - at.getTime()) < DAY_MS ? CLOCK.format(at) : DATE.format(at);
}
