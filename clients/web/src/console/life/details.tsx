import { Anchor, Code, Group, List, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { DataTree } from '../../shared/data-tree';
import { parseShown } from '../../shared/exact-json';
import { Failure } from '../../shared/failure';
import { Loading } from '../../shared/loading';
import { useNow } from '../../shared/relative-time';
import { useConsoleQuery } from '../../shared/use-console-query';
import { type Deliveries, type DeliveryStep, silenceSentence, stepSentence } from './deliveries';
import { type FoundEvent, type Letter, positionName } from './found';
import classes from './life.module.css';
import type { EventRow } from './lineage-rows';
import { LifeRecordDocument, type LifeRecordQuery } from './operations';
import { duration, moment, sourceName } from './wording';

interface DetailsProps {
  readonly row: EventRow;
  readonly steps: readonly DeliveryStep[];
  readonly deliveries: Deliveries | undefined;
}

/** All that is known of one event. */
export function Details({ row, steps, deliveries }: DetailsProps) {
  const { event, cause, tookMs } = row;
  const now = useNow();
  const { topic, partition, offset } = event;
  const { data, error, reload } = useConsoleQuery(LifeRecordDocument, { topic, partition, offset });
  const silence = deliveries && silenceSentence(event, steps, deliveries, now);
  return (
    <Stack className={classes['details'] ?? ''} gap="sm">
      <Facts
        facts={[
          ['Position', <Code key="position">{event.position}</Code>],
          ['Id', <Code key="id">{event.id}</Code>],
          ['Published by', event.source],
          ['Written', moment(event.time, now)],
          [
            'Cause',
            cause === undefined ? (event.causationId ?? 'None') : `${cause.type}, ${causeTime(tookMs)}`,
          ],
          [
            'Correlation',
            event.correlationId === null ? 'None' : <LifeLink key="correlation" id={event.correlationId} />,
          ],
          ...(event.traceId === null ? [] : [['Trace', <TraceLink key="trace" event={event} />] as const]),
        ]}
      />
      <LetterList letters={event.letters} />
      <List size="sm" spacing={2}>
        {steps.map((step) => (
          <List.Item key={`${step.node} ${step.kind} ${step.field} ${step.time}`}>
            {stepSentence(step, now)}
          </List.Item>
        ))}
        {silence !== undefined && <List.Item>{silence}</List.Item>}
      </List>
      {data === undefined ? (
        error === undefined ? (
          <Loading what="the record" onRetry={reload} />
        ) : (
          <Failure title="The record cannot be shown." error={error} onRetry={reload} />
        )
      ) : (
        <RecordView record={data.lifeRecord} />
      )}
    </Stack>
  );
}

function causeTime(tookMs: number | undefined): string {
  if (tookMs === undefined) return '';
  if (tookMs >= 0) return `${duration(tookMs)} earlier`;
  return `which its time says was ${duration(-tookMs)} later: the clocks that stamped the two disagree`;
}

export const LifeLink = ({ id }: { readonly id: string }) => (
  <Anchor component={Link} href={`/life?id=${encodeURIComponent(id)}`} size="sm">
    {id}
  </Anchor>
);

function TraceLink({ event: { traceId, traceUrl } }: { readonly event: FoundEvent }) {
  if (traceUrl === null) return <Code>{traceId}</Code>;
  return (
    <Anchor href={traceUrl} target="_blank" rel="noreferrer" size="sm">
      {traceId}
    </Anchor>
  );
}

/** Where it stopped, and why. */
export function LetterList({ letters }: { readonly letters: readonly Letter[] }) {
  const now = useNow();
  if (letters.length === 0) return null;
  return (
    <List size="sm" spacing={2}>
      {distinct(letters).map(({ letter, times }) => (
        <List.Item key={`${letter.letterTopic}/${letter.letterPartition}@${letter.letterOffset}`}>
          <Text size="sm" span fw={600}>
            Set aside{letter.failedIn === null ? '' : ` in ${sourceName(letter.failedIn)}`} ({letter.kind}):
          </Text>{' '}
          {letter.reason}{' '}
          <Text size="sm" span c="dimmed">
            {moment(letter.time, now)}, {letter.position}
            {times > 1 && `, ${times} times`}.
          </Text>{' '}
          <Anchor component={Link} href={letterUrl(letter)} size="sm">
            Dead letters
          </Anchor>
        </List.Item>
      ))}
    </List>
  );
}

/** A record fails again wherever it is read again, as after a kill: the newest letter of each failure says it. */
function distinct(letters: readonly Letter[]) {
  const failures = new Map<string, { readonly letter: Letter; readonly times: number }>();
  for (const letter of letters) {
    const { position, kind, reason, failedIn } = letter;
    const name = JSON.stringify([position, kind, reason, failedIn]);
    failures.set(name, { letter, times: (failures.get(name)?.times ?? 0) + 1 });
  }
  return [...failures.values()];
}

function letterUrl({ topic, letterTopic, letterPartition, letterOffset }: Letter): string {
  const letter = positionName(letterTopic, letterPartition, letterOffset);
  return `/dead-letters?${new URLSearchParams({ topic, letter })}`;
}

function RecordView({ record }: { readonly record: LifeRecordQuery['lifeRecord'] }) {
  if (record === null)
    return <Text size="sm">The log no longer has this record: retention or compaction has removed it.</Text>;
  const { headers, data, isJson, isCut, bytes, problem } = record;
  const parsed = isJson && data !== null ? parseShown(data) : undefined;
  return (
    <>
      {problem !== null && <Text size="sm">This record is no event: {problem}.</Text>}
      {headers.length > 0 && (
        <Facts
          facts={headers.map(({ name, value }, index) => [name, value ?? '(null)', `${index} ${name}`])}
        />
      )}
      {data === null ? (
        <Text size="sm">None. The record is a tombstone: its key was deleted.</Text>
      ) : parsed !== undefined ? (
        <DataTree value={parsed.value} />
      ) : (
        <Code block>{data}</Code>
      )}
      {isCut && (
        <Text size="sm" c="dimmed">
          Only its beginning is shown. Its value has {(bytes ?? 0).toLocaleString('en')} bytes.
        </Text>
      )}
    </>
  );
}

type Fact = readonly [name: string, value: ReactNode, key?: string];

const Facts = ({ facts }: { readonly facts: readonly Fact[] }) => (
  <Group>
    <dl className={classes['facts']}>
      {facts.map(([name, value, key = name]) => (
        <FactRow key={key} name={name} value={value} />
      ))}
    </dl>
  </Group>
);

const FactRow = ({ name, value }: { readonly name: string; readonly value: ReactNode }) => (
  <>
    <Text component="dt" size="sm">
      {name}
    </Text>
    <Text component="dd" size="sm">
      {value}
    </Text>
  </>
);
