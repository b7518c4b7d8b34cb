import { useSyncExternalStore } from 'react';

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const ABSOLUTE = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'long',
});
const TICK_MS = 1_000;

/** One timer for all times of a page. */
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function onTick(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now() - skewMs;
    for (const one of [...listeners]) one();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** How far this machine's clock is ahead of the gateway's. */
let skewMs = 0;

/** Relative times count from the gateway's clock, which the times of events compare with. */
export function setSkew(ms: number): void {
  skewMs = ms;
  now = Date.now() - skewMs;
}

/** The gateway's time, as far as this machine knows it, in milliseconds since 1970. Ticks each second. */
export const useNow = (): number => useSyncExternalStore(onTick, () => now);

/** `12 sec. ago`, with the absolute time as its title. */
export function RelativeTime({ at }: { readonly at: string }) {
  const seconds = Math.round((Date.parse(at) - useNow()) / 1_000);
  if (Number.isNaN(seconds)) return <>{at}</>;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return (
    <time dateTime={at} title={ABSOLUTE.format(new Date(at))} className="tabular">
      {RELATIVE.format(Math.trunc(seconds / size), unit)}
    </time>
  );
}
