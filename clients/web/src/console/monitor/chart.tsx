import { Text, useComputedColorScheme } from '@mantine/core';
import { type RefObject, useEffect, useRef, useState } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import classes from './monitor.module.css';
import { columns, type Moment } from './timeline';

export interface Line {
  /** As in the history. */
  readonly name: string;
  readonly label: string;
}

interface ChartProps {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly moments: readonly Moment[];
  readonly format: (value: number) => string;
}

const HEIGHT = 180;
const HOUR_S = 3_600;
/** Shown at least, however little is known. */
const LEAST_S = 300;
const AXIS_WIDTH = 64;
/** Each line has a dash of its own too: colours alone tell nothing to some readers. */
const DASHES = [[], [6, 3], [2, 3], [10, 3, 2, 3], [1, 2]];
const COLOURS = {
  light: ['#1864ab', '#a61e4d', '#2b8a3e', '#862e9c', '#b35900'],
  dark: ['#74c0fc', '#faa2c1', '#8ce99a', '#e599f7', '#ffc078'],
};
const GREY = { light: { text: '#495057', grid: '#e9ecef' }, dark: { text: '#c9c9c9', grid: '#3b3b3b' } };

/** The last hour of a few series. All charts of the page share one cursor. What they show is said in words too. */
export function Chart({ title, lines, moments, format }: ChartProps) {
  const canvas = useRef<HTMLDivElement>(null);
  const width = useWidth(canvas);
  const scheme = useComputedColorScheme('light');
  const plot = useRef<UPlot>(undefined);
  const data = columns(
    moments,
    lines.map(({ name }) => name),
  );
  const newest = useRef(data);
  newest.current = data;
  const isShown = width > 0;
  const size = useRef(width);
  size.current = width;
  useEffect(() => {
    const target = canvas.current;
    if (target === null || !isShown) return undefined;
    const drawn = new UPlot(optionsOf(lines, scheme, size.current, format), newest.current, target);
    plot.current = drawn;
    return () => {
      plot.current = undefined;
      drawn.destroy();
    };
  }, [isShown, scheme, lines, format]);
  useEffect(() => plot.current?.setSize({ width, height: HEIGHT }), [width]);
  useEffect(() => plot.current?.setData(data));
  return (
    <figure className={classes.chart}>
      <figcaption>
        <Text fw={600}>{title}</Text>
        <Text size="xs" c="dimmed" className="tabular">
          {inWords(lines, data, format)}
        </Text>
      </figcaption>
      <div ref={canvas} className={classes.canvas} aria-hidden />
    </figure>
  );
}

/** In CSS pixels; 0 until it is known. */
function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (element.current === null) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

function optionsOf(
  lines: readonly Line[],
  scheme: 'light' | 'dark',
  width: number,
  format: (value: number) => string,
): UPlot.Options {
  const { text, grid } = GREY[scheme];
  const axis: UPlot.Axis = {
    stroke: text,
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1 },
  };
  return {
    width,
    height: HEIGHT,
    cursor: { sync: { key: 'monitor' }, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: {
        range: (_, oldest, newest) => [Math.max(newest - HOUR_S, Math.min(oldest, newest - LEAST_S)), newest],
      },
      y: { range: (_, __, most) => [0, Math.max(1, (most ?? 0) * 1.1)] },
    },
    axes: [
      { ...axis, values: (_, times) => times.map((time) => CLOCK.format(time * 1_000)) },
      { ...axis, size: AXIS_WIDTH, values: (_, values) => values.map((value) => format(value)) },
    ],
    series: [
      { value: (_, time) => (time == null ? '' : CLOCK_SECONDS.format(time * 1_000)), label: 'Time' },
      ...lines.map(
        ({ label }, i): UPlot.Series => ({
          label,
          stroke: COLOURS[scheme][i % COLOURS[scheme].length] ?? text,
          width: 1.5,
          dash: DASHES[i % DASHES.length] ?? [],
          points: { show: false },
          value: (_, value) => (value == null ? '–' : format(value)),
        }),
      ),
    ],
  };
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const CLOCK_SECONDS = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** What a reader who does not see the chart needs: each line now, and at its most. */
function inWords(
  lines: readonly Line[],
  [, ...values]: readonly (readonly (number | null)[])[],
  format: (value: number) => string,
): string {
  return lines
    .map(({ label }, i) => {
      const known = (values[i] ?? []).filter((value) => value !== null);
      const now = values[i]?.at(-1);
      if (known.length === 0) return `${label}: none`;
      const most = known.reduce((highest, value) => Math.max(highest, value), 0);
      return `${label}: ${now == null ? 'none' : format(now)} now, at most ${format(most)}`;
    })
    .join(' · ');
}
