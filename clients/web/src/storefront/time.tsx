import { Text, type TextProps } from '@mantine/core';
import { useEffect, useState } from 'react';

const CLOCK = new Intl.DateTimeFormat('en-IE', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-IE', { day: 'numeric', month: 'short' });
const FULL = new Intl.DateTimeFormat('en-IE', { dateStyle: 'full', timeStyle: 'long' });
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** The time of an event: with the day, unless it is today. */
export function EventTime({ time, ...props }: { readonly time: string } & TextProps) {
  const at = new Date(time);
  const isToday = at.toDateString() === new Date().toDateString();
  return (
    <Text component="time" dateTime={time} title={FULL.format(at)} className="tabular" {...props}>
      {isToday ? CLOCK.format(at) : `${DAY.format(at)}, ${CLOCK.format(at)}`}
    </Text>
  );
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;
const REFRESH_MS = 30_000;

/** How long ago, kept up to date. A clock that is behind the shop's shows the present, never the future. */
export function Ago({ time, ...props }: { readonly time: string } & TextProps) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const at = Date.parse(time);
  const ms = Math.max(0, now - at);
  const [unit, length] = UNITS.find(([, size]) => ms >= size) ?? [];
  return (
    <Text component="time" dateTime={time} title={FULL.format(at)} className="tabular" {...props}>
      {unit === undefined ? 'just now' : RELATIVE.format(-Math.floor(ms / (length ?? 1)), unit)}
    </Text>
  );
}
