import {
  Anchor,
  Button,
  Code,
  DataList,
  Group as Row,
  SegmentedControl,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { BinaryData, DataTree } from '../../shared/data-tree';
import { parseShown } from '../../shared/exact-json';
import { RelativeTime } from '../../shared/relative-time';
import { EditForm } from './edit-form';
import { type Detail, formatted } from './edit-text';
import { PutBack } from './put-back';
import { Verdict } from './verdict';
import { FORMATS, whatFailed } from './wording';

interface LetterDetailProps {
  readonly letter: Detail;
  readonly isReadOnly: boolean;
  readonly onChanged: () => void;
}

const VERDICTS = {
  GOES_THROUGH: ['It would go through now', 'good'],
  FAILS_AGAIN: ['It would fail again', 'bad'],
  NOT_TESTED: ['Whether it would fail again was not tested', 'unknown'],
} as const;

/** What failed and why, the record, and what can be done with it. */
export function LetterDetail({ letter, isReadOnly, onChanged }: LetterDetailProps) {
  const [isEditing, setEditing] = useState(false);
  const { id, origin, reason, test, putBack, isIdempotent } = letter;
  const [title, shape] = test === null ? (['It cannot be put back', 'bad'] as const) : VERDICTS[test.verdict];
  const isDone = putBack !== null;
  return (
    <Stack gap="md">
      <div>
        <Text fw={600}>{whatFailed(letter)}</Text>
        <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {reason === '' ? 'No reason was given.' : reason}
        </Code>
      </div>
      {putBack === null ? (
        <Verdict shape={shape} title={title}>
          {test?.reason ?? 'Nothing says where the record came from.'}
        </Verdict>
      ) : (
        <Verdict shape="good" title={putBack.isEdited ? 'An edited copy was put back' : 'It was put back'}>
          <RelativeTime at={putBack.time} />
          {putBack.by === null ? '.' : `, by ${putBack.by}.`} It goes back once.
        </Verdict>
      )}
      {isIdempotent && !isDone && (
        <Text size="sm">
          The event has an idempotency key. Consumers that remember it skip the record when it comes back,
          unless an edited copy has a new id.
        </Text>
      )}
      {origin !== null && !isDone && (
        <Row gap="xs">
          <PutBack
            selection={{ letters: [id] }}
            count={1}
            topic={origin.topic}
            label="Put back as it is…"
            isDisabled={isReadOnly}
            onDone={onChanged}
          />
          <Button
            variant="default"
            disabled={isReadOnly}
            aria-expanded={isEditing}
            onClick={() => setEditing(!isEditing)}
          >
            Edit a copy
          </Button>
        </Row>
      )}
      {isEditing && !isDone && <EditForm letter={letter} onDone={onChanged} />}
      <Facts letter={letter} />
      <Value letter={letter} />
      <Headers headers={letter.headers} />
    </Stack>
  );
}

function Facts({ letter }: { readonly letter: Detail }) {
  const { origin, format, kind, time, consumerGroup, missing, key, eventId, correlationId } = letter;
  const facts: readonly (readonly [string, ReactNode] | undefined)[] = [
    origin === null
      ? undefined
      : [
          'Record',
          <>
            <Code>{origin.position}</Code>{' '}
            <Anchor component={Link} href={eventsLink(origin)} size="sm">
              Events around it
            </Anchor>
          </>,
        ],
    origin?.time == null ? undefined : ['Record written', <RelativeTime key="written" at={origin.time} />],
    ['Dead letter written', <RelativeTime key="time" at={time} />],
    [
      'By',
      `${FORMATS[format] ?? format}${consumerGroup === null ? '' : `, consumer group ${consumerGroup}`}`,
    ],
    ['Kind', kind],
    ['Key', key === null ? 'none' : (key.text ?? <BinaryData base64={key.base64 ?? ''} />)],
    eventId === null ? undefined : ['Event', <LifeLink key="event" id={eventId} />],
    correlationId === null ? undefined : ['Correlation', <LifeLink key="correlation" id={correlationId} />],
    missing.length === 0
      ? undefined
      : ['Left out', `${missing.join(', ')}: the dead letter was too large with it`],
  ];
  return (
    <DataList>
      {facts.map(
        (fact) =>
          fact && (
            <DataList.Item key={fact[0]}>
              <DataList.ItemLabel>{fact[0]}</DataList.ItemLabel>
              <DataList.ItemValue style={{ overflowWrap: 'anywhere' }}>{fact[1]}</DataList.ItemValue>
            </DataList.Item>
          ),
      )}
    </DataList>
  );
}

const LifeLink = ({ id }: { readonly id: string }) => (
  <Anchor
    component={Link}
    href={`/life?id=${encodeURIComponent(id)}`}
    size="sm"
    title="The life of the event"
  >
    {id}
  </Anchor>
);

function eventsLink({ topic, time }: NonNullable<Detail['origin']>): string {
  const from = time === null ? '' : `&from=${encodeURIComponent(time)}`;
  return `/events?topic=${encodeURIComponent(topic)}${from}`;
}

function Value({ letter }: { readonly letter: Detail }) {
  const [form, setForm] = useState('tree');
  const { value, data } = letter;
  const text = data ?? value?.text ?? undefined;
  const parsed = text === undefined ? undefined : parseShown(text);
  return (
    <Stack gap="xs">
      <Row justify="space-between">
        <Title order={3} size="h5">
          Value
        </Title>
        {parsed !== undefined && (
          <SegmentedControl
            size="xs"
            aria-label="How the value is shown"
            data={[
              { value: 'tree', label: 'Tree' },
              { value: 'raw', label: 'Raw' },
            ]}
            value={form}
            onChange={setForm}
          />
        )}
      </Row>
      {value === null && (
        <Text size="sm" c="dimmed">
          {letter.missing.includes('value') ? 'The dead letter does not have it.' : 'None: a tombstone.'}
        </Text>
      )}
      {parsed !== undefined && form === 'tree' && <DataTree value={parsed.value} label="Value" />}
      {text !== undefined && (parsed === undefined || form === 'raw') && (
        <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {formatted(text) ?? text}
        </Code>
      )}
      {text === undefined && value !== null && value.base64 !== null && <BinaryData base64={value.base64} />}
      {text === undefined && value !== null && value.base64 === null && (
        <Text size="sm">{value.bytes.toLocaleString('en')} bytes, which is too much to show.</Text>
      )}
    </Stack>
  );
}

function Headers({ headers }: Pick<Detail, 'headers'>) {
  if (headers.length === 0) return <Text size="sm">No headers.</Text>;
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">
        Headers
      </Title>
      <Table layout="fixed" verticalSpacing={4} fz="xs">
        <Table.Tbody>
          {headers.map(({ name, value, base64 }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a record may have a header twice, and its headers never change
            <Table.Tr key={i}>
              <Table.Th scope="row" w="40%" style={{ overflowWrap: 'anywhere' }}>
                {name}
              </Table.Th>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                {value ?? (base64 === null ? 'null' : `${base64} (base64)`)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}
