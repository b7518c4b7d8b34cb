import { Alert, Anchor, Code, Group, Stack, Table, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { DataTree } from '../../shared/data-tree';
import { parseShown } from '../../shared/exact-json';
import { Failure } from '../../shared/failure';
import { Loading } from '../../shared/loading';
import { RelativeTime } from '../../shared/relative-time';
import { useConsoleQuery } from '../../shared/use-console-query';
import { shownCount } from './map-data';
import { TopologyTopicDocument, type TopologyTopicQuery } from './operations';

type Topic = NonNullable<TopologyTopicQuery['topologyTopic']>;

/** Partitions beyond this are summed up. */
const MAX_PARTITIONS_SHOWN = 24;

/** What a topic holds, and how. */
export function TopicDetails({
  name,
  isDeadLetters,
}: {
  readonly name: string;
  readonly isDeadLetters: boolean;
}) {
  const { data, error, reload } = useConsoleQuery(TopologyTopicDocument, { name });
  if (data === undefined)
    return error === undefined ? (
      <Loading what="the topic" onRetry={reload} />
    ) : (
      <Failure title="The topic cannot be shown." error={error} onRetry={reload} />
    );
  const topic = data.topologyTopic;
  if (topic == null) return <Text size="sm">The map has this topic no more.</Text>;
  const query = encodeURIComponent(name);
  return (
    <>
      <Group gap="md">
        <Anchor component={Link} href={`/events?topic=${query}`} size="sm">
          See its events
        </Anchor>
        {!isDeadLetters && topic.deadLetters != null && (
          <Anchor component={Link} href={`/dead-letters?topic=${query}`} size="sm">
            {topic.deadLetters === 0 ? 'No dead letters' : `${shownCount(topic.deadLetters)} in dead letters`}
          </Anchor>
        )}
      </Group>
      <Section title="Format">
        <Text size="sm">{topic.format}</Text>
      </Section>
      {topic.types.length > 0 && (
        <Section title="Types">
          {topic.types.map((type) => (
            <div key={type.name}>
              <Text size="sm" fw={550}>
                {type.name}
              </Text>
              {type.description != null && (
                <Text size="xs" c="dimmed">
                  {type.description}
                </Text>
              )}
              {type.fields.length > 0 && <Code block>{type.fields.join('\n')}</Code>}
            </div>
          ))}
        </Section>
      )}
      <Section title="Newest event">
        <Example example={topic.example} />
      </Section>
      <Section title="Partitions">
        <Partitions partitions={topic.partitions} />
      </Section>
    </>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <Stack gap={6}>
      <Title order={3} size="h6">
        {title}
      </Title>
      {children}
    </Stack>
  );
}

function Example({ example }: Pick<Topic, 'example'>) {
  if (example == null)
    return (
      <Text size="sm" c="dimmed">
        There is none yet.
      </Text>
    );
  const { type, subject, source, partition, offset, writtenAt, problem, text, isCut } = example;
  return (
    <>
      <Text size="xs" c="dimmed">
        {[type, subject == null ? undefined : `key ${subject}`, source]
          .filter((one) => one != null)
          .join(' · ')}
        {' · '}
        partition {partition}, offset {shownCount(offset)} · <RelativeTime at={writtenAt} />
      </Text>
      {problem != null && (
        <Alert color="yellow" variant="light" p="xs">
          <Text size="sm">{problem}</Text>
        </Alert>
      )}
      <ExampleData text={text} />
      {isCut && (
        <Text size="xs" c="dimmed">
          Only its beginning is shown. The page Events shows all of it.
        </Text>
      )}
    </>
  );
}

/** As a tree where it is whole JSON, and else as it is. */
function ExampleData({ text }: { readonly text: string }) {
  const parsed = parseShown(text);
  return parsed === undefined ? (
    <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
      {text}
    </Code>
  ) : (
    <DataTree value={parsed.value} label="Data of the newest event" />
  );
}

function Partitions({ partitions }: Pick<Topic, 'partitions'>) {
  if (partitions.length === 0) return <Text size="sm">The log does not have this topic.</Text>;
  const shown = partitions.slice(0, MAX_PARTITIONS_SHOWN);
  return (
    <>
      <Table className="tabular" aria-label="Partitions">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Partition</Table.Th>
            <Table.Th ta="right">First offset</Table.Th>
            <Table.Th ta="right">End</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map(({ partition, earliest, end }) => (
            <Table.Tr key={partition}>
              <Table.Td>{partition}</Table.Td>
              <Table.Td ta="right">{shownCount(earliest)}</Table.Td>
              <Table.Td ta="right">{shownCount(end)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {partitions.length > shown.length && (
        <Text size="xs" c="dimmed">
          and {partitions.length - shown.length} more partitions
        </Text>
      )}
    </>
  );
}
