import { Badge, Button, ColorSwatch, Group, Text } from '@mantine/core';
import { ArrowDownToLine, ArrowUpToLine, Pause, Play } from 'lucide-react';
import { useNow } from '../../shared/relative-time';
import { ReplayForm } from './replay-form';
import { shownDateTime } from './shown-time';
import type { Activity, ReaderState, ReplayRange } from './topic-reader';

/** A log that has said nothing for so long is away, as far as a reader is concerned. */
const SILENT_AFTER_MS = 10_000;

const ACTIVITIES: Readonly<Record<Activity, { readonly label: string; readonly color: string }>> = {
  LIVE: { label: 'Live', color: 'green' },
  READING: { label: 'Reading', color: 'blue' },
  REPLAYING: { label: 'Replaying', color: 'violet' },
  PAUSED: { label: 'Paused', color: 'gray' },
  ENDED: { label: 'Replay ended', color: 'gray' },
};

const STOPPED = { label: 'Stopped by an error', color: 'red' };

/** Trying again does not help then: the filter has to be changed. */
export const isFilterError = ({ error }: Pick<ReaderState, 'error'>): boolean =>
  error?.extensions['start'] !== undefined;

interface ReaderBarProps {
  readonly state: ReaderState;
  readonly shown: number;
  readonly from: string | undefined;
  readonly onPause: () => void;
  readonly onGoOn: () => void;
  readonly onOlder: () => void;
  readonly onNewest: () => void;
  readonly onReplay: (range: ReplayRange) => void;
}

/** What the page does, what can be done, and how much was read. */
export function ReaderBar({
  state,
  shown,
  from,
  onPause,
  onGoOn,
  onOlder,
  onNewest,
  onReplay,
}: ReaderBarProps) {
  const { activity, read, matched, failed, failure, notices } = state;
  const isReading = activity === 'LIVE' || activity === 'READING' || activity === 'REPLAYING';
  // Who reads towards a limit and comes to the end of the log follows it from there.
  const { label, color } =
    state.error === undefined
      ? ACTIVITIES[activity === 'READING' && state.isAtEnd ? 'LIVE' : activity]
      : STOPPED;
  const isWrong = isFilterError(state);
  return (
    <>
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Badge
            variant="default"
            aria-live="polite"
            leftSection={
              <ColorSwatch color={`var(--mantine-color-${color}-6)`} size={8} withShadow={false} />
            }
          >
            {label}
          </Badge>
          {isReading ? (
            <Button
              variant="default"
              size="xs"
              leftSection={<Pause size={14} aria-hidden />}
              onClick={onPause}
            >
              Pause
            </Button>
          ) : (
            <Button
              variant="default"
              size="xs"
              leftSection={<Play size={14} aria-hidden />}
              disabled={isWrong}
              onClick={onGoOn}
            >
              Continue
            </Button>
          )}
          <Button
            variant="default"
            size="xs"
            leftSection={<ArrowUpToLine size={14} aria-hidden />}
            disabled={isWrong || state.isAtStart}
            loading={state.isLoadingOlder}
            onClick={onOlder}
          >
            Older
          </Button>
          <Button
            variant="default"
            size="xs"
            leftSection={<ArrowDownToLine size={14} aria-hidden />}
            onClick={onNewest}
          >
            Newest
          </Button>
          <ReplayForm from={from} onReplay={onReplay} />
        </Group>
        <Text size="xs" c="dimmed" className="tabular">
          {isReading && !state.isAtEnd && state.time !== undefined && `at ${shownDateTime(state.time)} · `}
          {counted(read, 'read')} · {counted(matched, 'matched')} · {counted(shown, 'in the table')}
          {failed > 0 && (
            <span title={failure}>
              {' '}
              · the filter has no value for {failed.toLocaleString('en')}: {failure}
            </span>
          )}
        </Text>
      </Group>
      <Silence state={state} isReading={isReading} />
      {notices.map((notice) => (
        <Text key={notice} size="sm" role="status">
          {notice}
        </Text>
      ))}
    </>
  );
}

const counted = (count: number, what: string): string => `${count.toLocaleString('en')} ${what}`;

function Silence({
  state: { asOf, isReconnecting, isAtEnd },
  isReading,
}: {
  state: ReaderState;
  isReading: boolean;
}) {
  const now = useNow();
  if (!isReading || asOf === undefined) return null;
  if (isReconnecting)
    return (
      <Text size="sm" role="status">
        The connection is lost. The page goes on where it was as soon as a gateway answers.
      </Text>
    );
  if (isAtEnd && now - Date.parse(asOf) > SILENT_AFTER_MS)
    return (
      <Text size="sm" role="status">
        The log has not answered since {shownDateTime(asOf)}. What arrives meanwhile is shown when it does.
      </Text>
    );
  return null;
}
