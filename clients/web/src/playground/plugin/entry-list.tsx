import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { LogEntry } from '../log/entry.js';
import type { RunInfo } from '../run/run.js';
import { EntryRow } from './entry-row.js';

interface EntryListProps {
  /** The oldest first. */
  readonly entries: readonly LogEntry[];
  readonly runs: readonly RunInfo[];
  /** Whether it stays at its end when entries are added, if it is there. */
  readonly isFollowing: boolean;
}

const ROW_PX = 34;
/** So near to its end a list counts as being there. */
const END_PX = 60;

/** Only the rows in view are in the document. */
export function EntryList({ entries, runs, isFollowing }: EntryListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [expanded, setExpanded] = useState<ReadonlySet<number>>(new Set());
  const byId = useMemo(() => new Map(runs.map((run) => [run.id, run])), [runs]);
  const rows = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    // Rows keep their measured heights when older entries are dropped.
    getItemKey: useCallback((index: number) => entries[index]?.id ?? index, [entries]),
  });
  const last = entries.at(-1)?.id;
  useEffect(() => {
    if (isFollowing && isAtEnd.current && last !== undefined)
      rows.scrollToIndex(rows.options.count - 1, { align: 'end' });
  }, [rows, last, isFollowing]);
  const toggle = (id: number) =>
    setExpanded((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  return (
    <div
      ref={scroller}
      className="result-log-scroller"
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < END_PX;
      }}
    >
      <ol className="result-log-list" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, key, start }) => {
          const entry = entries[index];
          if (entry === undefined) return null;
          return (
            <li
              key={key}
              ref={rows.measureElement}
              data-index={index}
              aria-setsize={entries.length}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start}px)` }}
            >
              <EntryRow
                entry={entry}
                run={byId.get(entry.run)}
                isExpanded={expanded.has(entry.id)}
                onToggle={() => toggle(entry.id)}
              />
            </li>
          );
        })}
      </ol>
    </div>
  );
}
