import { Alert, Select, Stack, Text } from '@mantine/core';
import { counted } from '../../shared/counted';
import { Failure } from '../../shared/failure';
import { Loading } from '../../shared/loading';
import { useAddress } from '../../shared/use-address';
import { useConsoleSubscription } from '../../shared/use-console-subscription';
import { Page } from '../shell/page';
import { GroupView } from './group-view';
import { GroupsTable } from './groups-table';
import { LetterDrawer } from './letter-drawer';
import { DeadLetterGroupsDocument } from './operations';
import type { Group } from './wording';

/** Dead letters by cause: what failed and why, whether it would fail again, and putting records back. */
export default function DeadLetters() {
  const [params, change] = useAddress();
  const topic = params.get('topic') ?? undefined;
  const letter = params.get('letter') ?? undefined;
  const { data, error, restart } = useConsoleSubscription(DeadLetterGroupsDocument, {
    variables: topic === undefined ? {} : { topic },
  });
  const found = data?.deadLetterGroups;
  const group = found?.groups.find(({ id }) => id === params.get('group'));
  return (
    <Page
      title="Dead letters"
      about="Records that could not be handled: what failed and why. Put them back when the cause is gone."
    >
      {error !== undefined && (
        <Failure title="The dead letters cannot be read." error={error} onRetry={restart} />
      )}
      {found === undefined && error === undefined && <Loading what="the dead letters" onRetry={restart} />}
      {found !== undefined && (
        <Stack gap="md">
          <TopicFilter
            groups={found.groups}
            topic={topic}
            onChange={(chosen) => change({ topic: chosen, group: undefined })}
          />
          {found.readOnly !== null && (
            <Alert color="yellow" title="Records cannot be put back here.">
              {found.readOnly}
            </Alert>
          )}
          <ReadingLine {...found} />
          {found.groups.length === 0 ? (
            found.isComplete && <Nothing topic={topic} isMissing={found.missing.length > 0} />
          ) : (
            <GroupsTable
              groups={found.groups}
              chosen={group?.id}
              onChoose={(id) => change({ group: id === group?.id ? undefined : id })}
            />
          )}
          {found.isComplete && params.get('group') !== null && group === undefined && (
            <Text size="sm" role="status">
              The group of this address has no dead letters here: they were deleted by retention, or are of
              another topic.
            </Text>
          )}
          {group !== undefined && (
            <GroupView
              key={group.id}
              group={group}
              isReadOnly={found.readOnly !== null}
              onOpen={(id) => change({ letter: id })}
            />
          )}
        </Stack>
      )}
      <LetterDrawer
        id={letter}
        isReadOnly={found?.readOnly != null}
        onClose={() => change({ letter: undefined })}
      />
    </Page>
  );
}

interface TopicFilterProps {
  readonly groups: readonly Group[];
  readonly topic: string | undefined;
  readonly onChange: (topic: string | undefined) => void;
}

function TopicFilter({ groups, topic, onChange }: TopicFilterProps) {
  const names = [...new Set([...groups.map((one) => one.topic), ...(topic === undefined ? [] : [topic])])];
  if (topic === undefined && names.length < 2) return null;
  return (
    <Select
      label="Topic"
      placeholder="All topics"
      data={names.sort()}
      value={topic ?? null}
      onChange={(chosen) => onChange(chosen ?? undefined)}
      clearable
      clearButtonProps={{ 'aria-label': 'Show all topics' }}
      maw="24rem"
    />
  );
}

function ReadingLine(props: {
  isComplete: boolean;
  recordsRead: number;
  notRead: number;
  uncounted: number;
}) {
  const { isComplete, recordsRead, notRead, uncounted } = props;
  const lines = [
    ...(isComplete ? [] : [`Reading: ${counted(recordsRead, 'record')} so far.`]),
    ...(notRead > 0
      ? [
          `Only the newest ${counted(recordsRead, 'record')} were read; ${counted(notRead, 'older record')} were not.`,
        ]
      : []),
    ...(uncounted > 0 ? [`${counted(uncounted, 'dead letter')} are in further groups.`] : []),
  ];
  return lines.length === 0 ? null : (
    <Text size="sm" c="dimmed" role="status" className="tabular">
      {lines.join(' ')}
    </Text>
  );
}

function Nothing({ topic, isMissing }: { readonly topic: string | undefined; readonly isMissing: boolean }) {
  if (isMissing)
    return (
      <Text py="xl" ta="center" role="status">
        The log has no topic “{topic}”, and no dead letters of one. Its name may be misspelt, or it was
        deleted.
      </Text>
    );
  return (
    <Stack gap={4} py="xl" align="center">
      <Text fw={600}>No dead letters{topic === undefined ? '' : ` of ${topic}`}.</Text>
      <Text size="sm" c="dimmed" ta="center" maw="36rem">
        A record that cannot be decoded, and an event that a subscription field, a service or a view fails on,
        is set aside and shown here, at once.
      </Text>
    </Stack>
  );
}
