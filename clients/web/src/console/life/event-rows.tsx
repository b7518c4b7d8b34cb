import { Text } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import { counted } from '../../shared/counted';
import { type Deliveries, DeliveryIndex } from './deliveries';
import { Details } from './details';
import { EventLine } from './event-row';
import type { FoundEvent } from './found';
import classes from './life.module.css';
import { type Arrangement, bySource, type Row, rowsOf } from './lineage-rows';
import { timeScale } from './time-scale';
import { duration, sourceName } from './wording';

interface EventRowsProps {
  readonly events: readonly FoundEvent[];
  readonly arrangement: Arrangement;
  readonly deliveries: Deliveries | undefined;
}

const ROW_PX = 44;
/** Colours that differ on light and on dark, and keep 3 to 1 (WCAG 1.4.11). */
const COLORS = ['blue', 'teal', 'grape', 'orange', 'pink', 'lime', 'cyan', 'red'].map(
  (name) => `light-dark(var(--mantine-color-${name}-9), var(--mantine-color-${name}-4))`,
);

/** The events as rows, on a timeline. Only what is in sight is in the document: a flow may have 10,000 events. */
export function EventRows({ events, arrangement, deliveries }: EventRowsProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<HTMLUListElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  const rows = useMemo(() => rowsOf(events, arrangement), [events, arrangement]);
  const scale = useMemo(() => timeScale(events.map(({ at }) => at)), [events]);
  const index = useMemo(() => deliveries && new DeliveryIndex(deliveries), [deliveries]);
  const colors = useMemo(
    () => new Map([...bySource(events).keys()].map((source, i) => [source, COLORS[i % COLORS.length] ?? ''])),
    [events],
  );
  useLayoutEffect(() => {
    const { current } = list;
    if (current !== null) setScrollMargin(current.getBoundingClientRect().top + window.scrollY);
  });
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PX,
    getItemKey: (i) => keyOf(rows[i]),
    overscan: 12,
    scrollMargin,
  });
  const toggle = (position: string): void =>
    setOpen((before) => {
      const next = new Set(before);
      if (!next.delete(position)) next.add(position);
      return next;
    });
  const start = events[0]?.at ?? 0;
  return (
    <div>
      <div className={classes['axis']} aria-hidden>
        <span className={classes['time']}>Since start</span>
        <span>Event</span>
        <span>Published by</span>
        <span className={classes['axisTrack']}>
          {scale.folds.map(({ from, to, start: left, end }) => (
            <span key={from} className={classes['idle']} style={{ left: `${((left + end) / 2) * 100}%` }}>
              {duration(to - from)} idle
            </span>
          ))}
        </span>
      </div>
      <ul
        ref={list}
        className={classes['list']}
        aria-label="Events"
        style={{ height: virtualizer.getTotalSize() }}
      >
        {virtualizer.getVirtualItems().map(({ key, index: i, start: top }) => {
          const row = rows[i];
          if (row === undefined) return null;
          const steps = row.kind === 'event' ? (index?.of(row.event) ?? []) : [];
          return (
            <li
              key={key}
              ref={virtualizer.measureElement}
              data-index={i}
              aria-posinset={i + 1}
              aria-setsize={rows.length}
              style={{
                position: 'absolute',
                top: 0,
                left: 0,
                right: 0,
                transform: `translateY(${top - scrollMargin}px)`,
              }}
            >
              {row.kind === 'source' ? (
                <SourceLine {...row} />
              ) : (
                <>
                  <EventLine
                    row={row}
                    start={start}
                    scale={scale}
                    color={colors.get(row.event.source) ?? ''}
                    steps={steps}
                    isOpen={open.has(row.event.position)}
                    onToggle={() => toggle(row.event.position)}
                  />
                  {open.has(row.event.position) && (
                    <Details row={row} steps={steps} deliveries={deliveries} />
                  )}
                </>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

const keyOf = (row: Row | undefined): string =>
  row === undefined ? '' : row.kind === 'source' ? row.source : row.event.position;

function SourceLine({ source, events, totalMs }: Extract<Row, { kind: 'source' }>) {
  return (
    <div className={classes['source']}>
      <Text fw={650}>{sourceName(source)}</Text>
      <Text size="sm" c="dimmed" className="tabular">
        {counted(events, 'event')}, {duration(totalMs)} from cause to effect
      </Text>
    </div>
  );
}
