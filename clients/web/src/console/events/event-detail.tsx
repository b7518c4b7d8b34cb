import { Anchor, Button, Code, CopyButton, DataList, Group, Stack, Table, Text, Title } from '@mantine/core';
import { Check, Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { DataTree } from '../../shared/data-tree';
import { parseShown } from '../../shared/exact-json';
import { Failure } from '../../shared/failure';
import { Loading } from '../../shared/loading';
import { RelativeTime } from '../../shared/relative-time';
import { useConsoleQuery } from '../../shared/use-console-query';
import classes from './event-detail.module.css';
import { OneEventDocument, type OneEventQuery } from './operations';
import type { Row } from './row-buffer';
import { shownDate, shownTime } from './shown-time';

type Value = NonNullable<Row['value']>;
type EventRecord = NonNullable<OneEventQuery['eventRecord']>;

/** Everything that is known of a record. What the line has is shown until the rest is there. */
export function EventDetail({ topic, row }: { readonly topic: string; readonly row: Row }) {
  const { partition, offset } = row;
  const { data, error, reload } = useConsoleQuery(OneEventDocument, {
    topic,
    partition,
    offset: Number(offset),
  });
  const record = data?.eventRecord;
  const value = record?.row.value ?? row.value;
  return (
    <Stack gap="md">
      <Facts row={row} record={record ?? undefined} />
      {row.problem !== null && (
        <Text size="sm">
          <b>This record is no event:</b> {row.problem}.
        </Text>
      )}
      <section>
        <Group justify="space-between" mb={4}>
          <Title order={3} size="h5">
            {row.problem === null ? 'Data' : 'Value'}
          </Title>
          {value !== null && <CopyValue value={value} />}
        </Group>
        {value === null ? (
          <Text size="sm">None. The record is a tombstone: its key was deleted.</Text>
        ) : (
          <ShownData value={value} />
        )}
      </section>
      {data === undefined &&
        (error === undefined ? (
          <Loading what="the whole record" onRetry={reload} />
        ) : (
          <Failure title="The whole record cannot be shown." error={error} onRetry={reload} />
        ))}
      {data !== undefined && record == null && (
        <Text size="sm">The log no longer has this record: retention or compaction has removed it.</Text>
      )}
      {record != null && <Headers record={record} />}
    </Stack>
  );
}

function Facts({ row, record }: { readonly row: Row; readonly record: EventRecord | undefined }) {
  const facts: readonly (readonly [string, ReactNode])[] = [
    [
      'Time',
      <span key="time" className="tabular">
        {shownDate(row.time)} {shownTime(row.time)} (<RelativeTime at={row.time} />)
        {record !== undefined &&
          (record.isAppendTime ? ', by the broker’s clock' : ', by its producer’s clock')}
      </span>,
    ],
    ['Key', row.key === null ? 'none' : <LifeLink key="key" id={row.key} at={row.time} />],
    ['Type', row.type ?? 'none'],
    ['Id', row.id === null ? undefined : <LifeLink key="id" id={row.id} at={row.time} />],
    [
      'Correlation id',
      row.correlationId === null ? undefined : <LifeLink key="c" id={row.correlationId} at={row.time} />,
    ],
    [
      'Caused by',
      record?.causationId == null ? undefined : (
        <LifeLink key="cause" id={record.causationId} at={row.time} />
      ),
    ],
    ['Source', record?.source ?? undefined],
    ['Event time', record?.eventTime ?? undefined],
    ['Trace', record?.traceparent ?? undefined],
  ];
  return (
    <DataList size="sm">
      {facts
        .filter(([, value]) => value !== undefined)
        .map(([label, value]) => (
          <DataList.Item key={label}>
            <DataList.ItemLabel>{label}</DataList.ItemLabel>
            <DataList.ItemValue className={classes['fact'] ?? ''}>{value}</DataList.ItemValue>
          </DataList.Item>
        ))}
    </DataList>
  );
}

/** @param at when the event was written: the log is read from there on, if that is long ago */
function LifeLink({ id, at }: { readonly id: string; readonly at: string }) {
  return (
    <Anchor
      component={Link}
      href={`/life?${new URLSearchParams({ id, around: at })}`}
      inherit
      title="Show its life"
    >
      {id}
    </Anchor>
  );
}

function ShownData({ value }: { readonly value: Value }) {
  const isCut = value.shown < value.bytes;
  const parsed = value.text === null || isCut ? undefined : parseShown(value.text);
  return (
    <>
      {isCut && (
        <Text size="sm" c="dimmed">
          The first {value.shown.toLocaleString('en')} of {value.bytes.toLocaleString('en')} bytes.
        </Text>
      )}
      {parsed !== undefined ? (
        <DataTree value={parsed.value} />
      ) : value.text !== null ? (
        <Code block className={classes['text'] ?? ''}>
          {value.text}
        </Code>
      ) : (
        <>
          <Text size="sm" c="dimmed">
            {value.bytes.toLocaleString('en')} bytes that are no text.
          </Text>
          <Code block className={classes['text'] ?? ''}>
            {value.hex?.match(/.{1,2}/g)?.join(' ')}
          </Code>
        </>
      )}
    </>
  );
}

function CopyValue({ value }: { readonly value: Value }) {
  return (
    <CopyButton value={value.text ?? value.hex ?? ''}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          size="compact-xs"
          onClick={copy}
          leftSection={copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
        >
          {copied ? 'Copied' : value.text === null ? 'Copy the digits' : 'Copy as JSON'}
        </Button>
      )}
    </CopyButton>
  );
}

function Headers({ record: { headers, headersLeftOut } }: { readonly record: EventRecord }) {
  return (
    <section>
      <Title order={3} size="h5" mb={4}>
        Headers
      </Title>
      {headers.length === 0 ? (
        <Text size="sm">The record has none.</Text>
      ) : (
        <Table withRowBorders={false} verticalSpacing={2} className={classes['headers'] ?? ''}>
          <Table.Tbody>
            {headers.map(({ name, value }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: names may be repeated, and their order is fixed
              <Table.Tr key={index}>
                <Table.Th scope="row">{name}</Table.Th>
                <Table.Td>
                  {value === null ? 'no value' : (value.text ?? `${value.hex} (in hexadecimal digits)`)}
                  {value !== null &&
                    value.shown < value.bytes &&
                    ` … ${value.bytes.toLocaleString('en')} bytes`}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {headersLeftOut > 0 && (
        <Text size="sm" c="dimmed">
          {headersLeftOut.toLocaleString('en')} more headers are not shown.
        </Text>
      )}
    </section>
  );
}
