import { Checkbox, UnstyledButton } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { RelativeTime } from '../../shared/relative-time';
import classes from './dead-letters.module.css';
import type { DeadLettersOfGroupQuery } from './operations';

export type Letter = DeadLettersOfGroupQuery['deadLetters']['letters'][number];

const ROW_HEIGHT = 36;

interface LettersTableProps {
  readonly letters: readonly Letter[];
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (selected: ReadonlySet<string>) => void;
  readonly onOpen: (id: string) => void;
}

/** The records of a group. Only those in view are elements of the page. */
export function LettersTable({ letters, selected, onSelect, onOpen }: LettersTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: letters.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
  });
  const open = letters.filter(canBePutBack);
  const toggle = (id: string): void => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    onSelect(next);
  };
  return (
    <div className={classes['letters'] ?? ''}>
      <div className={`${classes['row'] ?? ''} ${classes['head'] ?? ''}`}>
        <Checkbox
          size="xs"
          aria-label="Select all that are listed"
          disabled={open.length === 0}
          checked={open.length > 0 && selected.size >= open.length}
          indeterminate={selected.size > 0 && selected.size < open.length}
          onChange={({ currentTarget: { checked } }) =>
            onSelect(new Set(checked ? open.map(({ id }) => id) : []))
          }
        />
        <span>Record</span>
        <span className={classes['wide'] ?? ''}>Key</span>
        <span className={classes['wide'] ?? ''}>Value</span>
        <span className={classes['last'] ?? ''}>Set aside</span>
      </div>
      <div ref={scroller} className={classes['body'] ?? ''}>
        <ul
          aria-label="Records"
          className={classes['canvas'] ?? ''}
          style={{ height: virtual.getTotalSize() }}
        >
          {virtual.getVirtualItems().map(({ index, start }) => {
            const letter = letters[index];
            if (letter === undefined) return null;
            const { id, position, key, preview, time, isPutBack } = letter;
            const name = position ?? id;
            return (
              <li
                key={id}
                aria-setsize={letters.length}
                aria-posinset={index + 1}
                className={`${classes['row'] ?? ''} ${classes['letter'] ?? ''}`}
                style={{ height: ROW_HEIGHT, transform: `translateY(${start}px)` }}
              >
                <Checkbox
                  size="xs"
                  aria-label={`Select ${name}`}
                  disabled={!canBePutBack(letter)}
                  checked={selected.has(id)}
                  onChange={() => toggle(id)}
                />
                <UnstyledButton
                  fz="inherit"
                  className={classes['open'] ?? ''}
                  title={name}
                  onClick={() => onOpen(id)}
                >
                  {name}
                </UnstyledButton>
                <span className={classes['wide'] ?? ''} title={key ?? undefined}>
                  {key ?? '–'}
                </span>
                <span className={`${classes['wide'] ?? ''} ${classes['mono'] ?? ''}`}>{preview ?? '–'}</span>
                <span className={classes['last'] ?? ''}>
                  {isPutBack ? 'put back' : <RelativeTime at={time} />}
                </span>
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}

const canBePutBack = ({ isPutBack, position }: Letter): boolean => !isPutBack && position !== null;
