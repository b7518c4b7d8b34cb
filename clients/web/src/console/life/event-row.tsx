import { Badge, UnstyledButton } from '@mantine/core';
import { counted } from '../../shared/counted';
import { clientsOf, type DeliveryStep, isFiltered } from './deliveries';
import classes from './life.module.css';
import type { EventRow } from './lineage-rows';
import type { TimeScale } from './time-scale';
import { duration, sourceName } from './wording';

/** Up to this fraction of the width, a label has room behind it. */
const ROOM_BEFORE = 0.7;

interface EventRowProps {
  readonly row: EventRow;
  readonly start: number;
  readonly scale: TimeScale;
  /** Of its publisher. */
  readonly color: string;
  /** What the nodes say of it. */
  readonly steps: readonly DeliveryStep[];
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

/** Deeper events are indented as far as this: a chain of causes may be as long as the log. */
const MAX_INDENT = 12;

/** One event: when, what, who, how long, and what became of it. */
export function EventLine({ row, start, scale, color, steps, isOpen, onToggle }: EventRowProps) {
  const { event, depth, tookMs } = row;
  const clients = clientsOf(steps);
  return (
    <UnstyledButton className={classes['row'] ?? ''} aria-expanded={isOpen} onClick={onToggle}>
      <span className={`${classes['time']} tabular`} title={event.time}>
        +{duration(event.at - start)}
      </span>
      <span
        className={classes['what']}
        style={{ paddingLeft: `calc(${Math.min(depth, MAX_INDENT)} * var(--life-indent))` }}
      >
        <span className={classes['type']}>{event.type || 'Tombstone'}</span>
        {event.key !== null && <span className={classes['dim']}>{event.key}</span>}
        {event.letters.length > 0 && (
          <Badge color="red" variant="light" size="sm" tt="none">
            Dead letter
          </Badge>
        )}
        {clients > 0 && (
          <Badge color="green" variant="light" size="sm" tt="none" className="tabular">
            {counted(clients, 'client')}
          </Badge>
        )}
        {isFiltered(steps) && (
          <Badge color="gray" variant="light" size="sm" tt="none">
            Filtered
          </Badge>
        )}
        {steps.some(({ kind }) => kind === 'REPAIRED') && (
          <Badge color="yellow" variant="light" size="sm" tt="none">
            Gap repaired
          </Badge>
        )}
        {tookMs !== undefined && tookMs < 0 && (
          <Badge color="yellow" variant="light" size="sm" tt="none">
            Clocks disagree
          </Badge>
        )}
      </span>
      <span className={classes['dim']} title={event.source}>
        {sourceName(event.source)}
      </span>
      <Track row={row} scale={scale} color={color} />
    </UnstyledButton>
  );
}

function Track({
  row: { event, cause, tookMs },
  scale,
  color,
}: Pick<EventRowProps, 'row' | 'scale' | 'color'>) {
  const at = scale.x(event.at);
  // An effect before its cause has no bar: its clock, or that of its cause, is wrong.
  const from = cause === undefined || tookMs === undefined || tookMs < 0 ? at : scale.x(cause.at);
  return (
    <span className={classes['track']} style={{ color }}>
      {scale.folds.map((fold) => (
        <span
          key={fold.from}
          className={classes['fold']}
          style={{ left: percent(fold.start), width: percent(fold.end - fold.start) }}
        />
      ))}
      {from < at && (
        <span className={classes['bar']} style={{ left: percent(from), width: percent(at - from) }} />
      )}
      <span className={classes['point']} style={{ left: percent(at) }} />
      {tookMs !== undefined && (
        <span className={`${classes['took']} tabular`} style={labelPlace(from, at)}>
          {tookMs < 0 ? `${duration(-tookMs)} before its cause` : duration(tookMs)}
        </span>
      )}
    </span>
  );
}

const percent = (fraction: number): string => `${(fraction * 100).toFixed(3)}%`;

/** The label is behind the bar, or before it, or else on it: wherever it has room. */
function labelPlace(from: number, at: number): { readonly left?: string; readonly right?: string } {
  if (at <= ROOM_BEFORE) return { left: `calc(${percent(at)} + 0.6rem)` };
  const edge = from >= 1 - ROOM_BEFORE ? from : at;
  return { right: `calc(${percent(1 - edge)} + 0.6rem)` };
}
