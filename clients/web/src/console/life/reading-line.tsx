import { Button, Group, Progress, Text } from '@mantine/core';
import { counted } from '../../shared/counted';
import { Failure } from '../../shared/failure';
import { useNow } from '../../shared/relative-time';
import type { Progress as ReadingProgress } from './found';
import type { Life } from './use-life';
import { moment } from './wording';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How far the reading is, what it has read, and how to go on. */
export function ReadingLine({ life, subject }: { readonly life: Life; readonly subject: string }) {
  const { state, error, found, pause, goOn, readFrom } = life;
  const { progress } = found;
  const now = useNow();
  if (state === 'failed' && error !== undefined)
    return <Failure title={`${subject} cannot be read.`} error={error} onRetry={goOn} />;
  const since = progress === undefined ? now - HOUR_MS : Date.parse(progress.since);
  return (
    <div>
      {state === 'reading' && (
        <Progress
          value={percentOf(progress)}
          size="sm"
          mb="xs"
          aria-label="How much of the log is read"
          animated
        />
      )}
      <Group gap="sm" justify="space-between">
        <Text size="sm" c="dimmed" role="status" className="tabular">
          {sentenceOf(state, progress, now)}
        </Text>
        <Group gap="xs">
          {state === 'reading' && (
            <Button variant="default" size="xs" onClick={pause}>
              Pause
            </Button>
          )}
          {state === 'paused' && (
            <Button variant="default" size="xs" onClick={goOn}>
              Continue
            </Button>
          )}
          {state === 'done' && (
            <>
              <Button variant="default" size="xs" onClick={() => readFrom(since - HOUR_MS)}>
                Read 1 hour more
              </Button>
              <Button variant="default" size="xs" onClick={() => readFrom(since - DAY_MS)}>
                Read 1 day more
              </Button>
            </>
          )}
        </Group>
      </Group>
      {state === 'done' && progress !== undefined && <Limits progress={progress} />}
    </div>
  );
}

function percentOf(progress: ReadingProgress | undefined): number {
  if (progress === undefined) return 0;
  const [done, total] = [Number(progress.done), Number(progress.total)];
  return total === 0 ? 100 : (100 * done) / total;
}

function sentenceOf(state: Life['state'], progress: ReadingProgress | undefined, now: number): string {
  if (progress === undefined) return state === 'reading' ? 'Asking the log…' : 'Nothing was read.';
  const { pass, topics, since, records } = progress;
  const what = `${counted(topics.length, 'topic')} since ${moment(since, now)}`;
  const read = counted(Number(records), 'record');
  if (state === 'done') return `Read ${read} of ${what}.`;
  if (state === 'paused') return `Paused after ${read} of ${what}.`;
  if (pass === 'LETTERS') return `Reading the dead letters of ${what}…`;
  const again = pass === 'COLLECT' ? ' again, for what belongs to it' : '';
  return `Reading ${what}${again}: ${Number(progress.done).toLocaleString('en')} of ${counted(Number(progress.total), 'record')}…`;
}

function Limits({ progress: { notReadWhole, isCut } }: { readonly progress: ReadingProgress }) {
  return (
    <>
      {notReadWhole.length > 0 && (
        <Text size="sm">
          Only the newest records were read of {notReadWhole.join(', ')}: there are more in this time. Read
          more to go on there.
        </Text>
      )}
      {isCut && (
        <Text size="sm">
          More events belong to it than one reading shows. Look for one of its events instead.
        </Text>
      )}
    </>
  );
}
