import { Text } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import type { ClientError } from 'millrace-client';
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import { ask } from '../../shared/console-client';
import { VolumeDocument, type VolumeQuery } from './operations';
import { shownDateTime } from './shown-time';
import classes from './volume.module.css';

type Volume = VolumeQuery['eventVolume'];

const BUCKETS = 60;
const HEIGHT = 56;
const RELOAD_MS = 15_000;
/** How many buckets Page Up and Page Down move. */
const PAGE_BUCKETS = 6;

interface VolumeTimelineProps {
  readonly topic: string;
  /** Where the rows begin. `undefined`: the newest ones are shown. */
  readonly from: string | undefined;
  readonly onMove: (from: string | undefined) => void;
}

/** How many records a topic has by time. A click, or the arrow keys and Enter, move the position from which rows are shown. */
export function VolumeTimeline({ topic, from, onMove }: VolumeTimelineProps) {
  const { volume, error } = useVolume(topic);
  if (volume === undefined)
    return (
      <Text size="sm" c="dimmed" className={classes['placeholder'] ?? ''}>
        {error === undefined ? 'Counting the records…' : `The volume is not known: ${error.message}`}
      </Text>
    );
  return <Timeline volume={volume} from={from} onMove={onMove} />;
}

function Timeline({
  volume,
  from,
  onMove,
}: Omit<VolumeTimelineProps, 'topic'> & { readonly volume: Volume }) {
  const { ref, width } = useElementSize();
  const [start, end] = [Date.parse(volume.from), Date.parse(volume.to)];
  const counts = volume.counts.map(Number);
  const last = counts.length - 1;
  const most = Math.max(1, ...counts);
  const bucketMs = (end - start) / counts.length;
  const bucketOf = (time: number): number =>
    Math.min(last, Math.max(0, Math.floor((time - start) / bucketMs)));
  const current = from === undefined ? undefined : bucketOf(Date.parse(from));
  /** While it is moved and not yet chosen. */
  const [moved, setMoved] = useState<number>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another position ends the move
  useEffect(() => setMoved(undefined), [from]);
  const marked = moved ?? current;
  const timeOf = (bucket: number): string => new Date(start + bucket * bucketMs).toISOString();
  const choose = (bucket: number): void => onMove(timeOf(bucket));
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = marked ?? last;
    const next = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      ArrowDown: at - 1,
      ArrowUp: at + 1,
      PageDown: at - PAGE_BUCKETS,
      PageUp: at + PAGE_BUCKETS,
      Home: 0,
      End: last,
    }[event.key];
    if (next !== undefined) setMoved(Math.min(last, Math.max(0, next)));
    else if (event.key === 'Enter' && marked !== undefined) choose(marked);
    else if (event.key === 'Escape') setMoved(undefined);
    else return;
    event.preventDefault();
  };
  const dragging = useRef(false);
  const bucketAt = (event: PointerEvent): number => {
    const { left, width: whole } = event.currentTarget.getBoundingClientRect();
    return Math.min(last, Math.max(0, Math.floor(((event.clientX - left) / whole) * counts.length)));
  };
  const shown = marked ?? last;
  const total = counts.reduce((sum, one) => sum + one, 0);
  return (
    <div>
      <div
        ref={ref}
        className={classes['track'] ?? ''}
        role="slider"
        tabIndex={0}
        aria-label="Position on the timeline. Enter shows the records from there."
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={shown}
        aria-valuetext={`${shownDateTime(timeOf(shown))}, ${counts[shown]?.toLocaleString('en')} records in this interval`}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          dragging.current = true;
          event.currentTarget.setPointerCapture(event.pointerId);
          setMoved(bucketAt(event));
        }}
        onPointerMove={(event) => dragging.current && setMoved(bucketAt(event))}
        onPointerUp={(event) => {
          if (!dragging.current) return;
          dragging.current = false;
          choose(bucketAt(event));
        }}
        onPointerCancel={() => {
          dragging.current = false;
          setMoved(undefined);
        }}
      >
        <svg width={width} height={HEIGHT} aria-hidden>
          {counts.map((count, bucket) => {
            const height = count === 0 ? 0 : Math.max(2, (count / most) * (HEIGHT - 6));
            const step = width / counts.length;
            return (
              <rect
                // biome-ignore lint/suspicious/noArrayIndexKey: a bucket is its index
                key={bucket}
                className={classes[marked !== undefined && bucket < marked ? 'before' : 'bar'] ?? ''}
                x={bucket * step + 0.5}
                y={HEIGHT - height}
                width={Math.max(1, step - 1)}
                height={height}
              >
                <title>{`${shownDateTime(timeOf(bucket))}: ${count.toLocaleString('en')}`}</title>
              </rect>
            );
          })}
          {marked !== undefined && (
            <line
              className={classes['marker'] ?? ''}
              x1={(marked * width) / counts.length}
              x2={(marked * width) / counts.length}
              y1={0}
              y2={HEIGHT}
            />
          )}
        </svg>
      </div>
      <div className={classes['legend'] ?? ''}>
        <span>{shownDateTime(volume.from)}</span>
        <span title="Differences of offsets: those of transactions, and of records that are gone, count too.">
          {moved === undefined
            ? `${total === 0 ? 'no' : `at most ${total.toLocaleString('en')}`} records${Number(volume.after) > 0 ? `, and ${Number(volume.after).toLocaleString('en')} later or with a time in the future` : ''}`
            : `from ${shownDateTime(timeOf(moved))}`}
        </span>
        <span>now</span>
      </div>
    </div>
  );
}

/** Asks again from time to time, from the same beginning on. */
function useVolume(topic: string): {
  readonly volume: Volume | undefined;
  readonly error: ClientError | undefined;
} {
  const [state, setState] = useState<{ of: string; volume?: Volume; error?: ClientError }>({ of: topic });
  useEffect(() => {
    const abort = new AbortController();
    let from: string | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async (): Promise<void> => {
      try {
        if (document.visibilityState === 'visible') {
          const variables = { topic, from: from ?? null, buckets: BUCKETS };
          const { eventVolume: volume } = await ask(VolumeDocument, variables, abort.signal);
          from = volume.from;
          setState({ of: topic, volume });
        }
      } catch (error) {
        if (abort.signal.aborted) return;
        setState((before) => ({
          ...(before.of === topic ? before : { of: topic }),
          error: error as ClientError,
        })); // What `ask` throws.
      }
      timer = setTimeout(load, RELOAD_MS);
    };
    void load();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [topic]);
  return state.of === topic
    ? { volume: state.volume, error: state.error }
    : { volume: undefined, error: undefined };
}
