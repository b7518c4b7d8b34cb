import { Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import classes from './event-table.module.css';
import type { Row } from './row-buffer';
import { shownDateTime, shownTime } from './shown-time';

const ROW_HEIGHT = 28;
/** Two lines. */
const NARROW_ROW_HEIGHT = 48;
/** So near to an end of the rows, the next ones are read. */
const NEAR_PX = 200;
const PAGE_ROWS = 20;

interface EventTableProps {
  readonly rows: readonly Row[];
  /** Changes with the rows. */
  readonly version: number;
  /** Whether the newest row stays in view. */
  readonly follows: boolean;
  readonly onSelect: (row: Row) => void;
  readonly onFollow: (follows: boolean) => void;
  readonly onStart: () => void;
  readonly onEnd: () => void;
}

/** As the project writes positions, without the topic. */
export const nameOf = (row: Row): string => `${row.partition}@${row.offset}`;

/** The rows of a topic. Only those in view are elements of the page. */
export function EventTable(props: EventTableProps) {
  const { rows, version, follows, onSelect, onFollow, onStart, onEnd } = props;
  /** The row that the keys have moved to, or that was chosen last. */
  const [active, setActive] = useState<Row>();
  const choose = (row: Row): void => {
    setActive(row);
    onSelect(row);
  };
  const scroller = useRef<HTMLDivElement>(null);
  const isNarrow = useMediaQuery('(max-width: 48em)') ?? false;
  const height = isNarrow ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height are measured again
  useEffect(() => virtual.measure(), [height]);
  useKeptPlace(scroller, rows, version, height, follows);
  const move = (to: number): void => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, to))];
    if (row === undefined) return;
    setActive(row);
    virtual.scrollToIndex(rows.indexOf(row));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && active !== undefined) onSelect(active);
    const at = active === undefined ? -1 : rows.findIndex((row) => nameOf(row) === nameOf(active));
    const from = at < 0 ? rows.length : at;
    const to = {
      ArrowUp: from - 1,
      ArrowDown: from + 1,
      PageUp: from - PAGE_ROWS,
      PageDown: from + PAGE_ROWS,
      Home: 0,
      End: rows.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  };
  return (
    <div className={classes['table'] ?? ''}>
      <div aria-hidden className={`${classes['row'] ?? ''} ${classes['head'] ?? ''}`}>
        <span>Time</span>
        <span>Position</span>
        <span>Key</span>
        <span>Type</span>
        <span>Data</span>
      </div>
      <div
        ref={scroller}
        role="listbox"
        className={classes['body'] ?? ''}
        tabIndex={0}
        aria-label="Records. The arrow keys move, and Enter shows a record."
        aria-activedescendant={active === undefined ? undefined : `record-${nameOf(active)}`}
        onKeyDown={onKeyDown}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          const below = scrollHeight - clientHeight - scrollTop;
          onFollow(below < height);
          if (scrollTop < NEAR_PX) onStart();
          if (below < NEAR_PX) onEnd();
        }}
      >
        <div
          className={classes['canvas'] ?? ''}
          role="presentation"
          style={{ height: virtual.getTotalSize() }}
        >
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            return row === undefined ? null : (
              <Record
                key={nameOf(row)}
                row={row}
                index={index}
                count={rows.length}
                isSelected={active !== undefined && nameOf(row) === nameOf(active)}
                style={{ transform: `translateY(${start}px)`, height }}
                onSelect={choose}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface RecordProps {
  readonly row: Row;
  readonly index: number;
  readonly count: number;
  readonly isSelected: boolean;
  readonly style: CSSProperties;
  readonly onSelect: (row: Row) => void;
}

function Record({ row, index, count, isSelected, style, onSelect }: RecordProps) {
  const { time, key, type } = row;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the list
    <div
      id={`record-${nameOf(row)}`}
      role="option"
      aria-setsize={count}
      aria-posinset={index + 1}
      aria-selected={isSelected}
      tabIndex={-1}
      className={`${classes['row'] ?? ''} ${classes['record'] ?? ''}`}
      style={style}
      onClick={() => onSelect(row)}
    >
      <span className={classes['time'] ?? ''} title={shownDateTime(time)}>
        {shownTime(time)}
      </span>
      <span className={classes['position'] ?? ''}>{nameOf(row)}</span>
      <span className={classes['key'] ?? ''} title={key ?? undefined}>
        {key ?? '–'}
      </span>
      <span className={classes['type'] ?? ''} title={type ?? undefined}>
        {type ?? '–'}
      </span>
      <span className={classes['data'] ?? ''}>
        <Line row={row} />
      </span>
    </div>
  );
}

/** How much of a text one line can show. */
const MAX_LINE_CHARS = 400;

function Line({ row: { value, problem } }: { readonly row: Row }) {
  if (value === null)
    return (
      <Text span inherit c="dimmed">
        tombstone: the key was deleted
      </Text>
    );
  const text = value.text?.slice(0, MAX_LINE_CHARS) ?? value.hex?.slice(0, MAX_LINE_CHARS);
  return (
    <>
      {problem !== null && (
        <span className={classes['problem'] ?? ''} title={problem}>
          no event
        </span>
      )}
      {value.text === null && `${value.bytes.toLocaleString('en')} bytes `}
      {text}
    </>
  );
}

/** Rows that come above, or go, do not move what is in view. */
function useKeptPlace(
  scroller: { readonly current: HTMLDivElement | null },
  rows: readonly Row[],
  version: number,
  height: number,
  follows: boolean,
): void {
  const seen = useRef<{ readonly first: string | undefined; readonly last: string | undefined }>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the array is the same one, and its version says that it changed
  useLayoutEffect(() => {
    const element = scroller.current;
    const before = seen.current;
    const [first, last] = [rows[0], rows.at(-1)];
    seen.current = { first: first && nameOf(first), last: last && nameOf(last) };
    if (element === null || first === undefined) return;
    if (follows) {
      element.scrollTop = element.scrollHeight;
      return;
    }
    if (before?.first === undefined || before.first === nameOf(first)) return;
    const index = rows.findIndex((row) => nameOf(row) === before.first);
    // Prepended: what was first is further below. Dropped: the last row tells how many are gone, if it is still there.
    if (index > 0) element.scrollTop += index * height;
  }, [version, follows, height]);
}
