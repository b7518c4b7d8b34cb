import { Badge, Table, Text, UnstyledButton } from '@mantine/core';
import { counted } from '../../shared/counted';
import { RelativeTime } from '../../shared/relative-time';
import classes from './dead-letters.module.css';
import { type Group, whatFailed } from './wording';

interface GroupsTableProps {
  readonly groups: readonly Group[];
  readonly chosen: string | undefined;
  readonly onChoose: (id: string) => void;
}

/** One row for each cause. */
export function GroupsTable({ groups, chosen, onChoose }: GroupsTableProps) {
  return (
    <Table verticalSpacing="xs" highlightOnHover layout="fixed" className={classes['groups'] ?? ''}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Reason</Table.Th>
          <Table.Th visibleFrom="sm" w="14rem">
            What failed
          </Table.Th>
          <Table.Th visibleFrom="md" w="12rem">
            Topic
          </Table.Th>
          <Table.Th ta="right" w="7rem">
            Records
          </Table.Th>
          <Table.Th visibleFrom="sm" ta="right" w="8rem">
            Last
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {groups.map((group) => (
          <Row key={group.id} group={group} isChosen={group.id === chosen} onChoose={onChoose} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

interface RowProps {
  readonly group: Group;
  readonly isChosen: boolean;
  readonly onChoose: (id: string) => void;
}

function Row({ group, isChosen, onChoose }: RowProps) {
  const { id, topic, pattern, reason, records, putBack, lastAt } = group;
  const isDone = putBack >= records;
  return (
    <Table.Tr data-chosen={isChosen || undefined}>
      <Table.Td>
        <UnstyledButton
          className={classes['reason'] ?? ''}
          aria-expanded={isChosen}
          title={reason}
          onClick={() => onChoose(id)}
        >
          {pattern === '' ? 'No reason was given' : pattern}
        </UnstyledButton>
        <Text size="xs" c="dimmed" hiddenFrom="sm">
          {whatFailed(group)} · {topic}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm" className={classes['wrap'] ?? ''}>
        {whatFailed(group)}
      </Table.Td>
      <Table.Td visibleFrom="md" className={classes['wrap'] ?? ''}>
        {topic}
      </Table.Td>
      <Table.Td ta="right" className="tabular">
        {records.toLocaleString('en')}
        {putBack > 0 && (
          <Badge
            component="div"
            variant="light"
            color={isDone ? 'green' : 'gray'}
            size="sm"
            tt="none"
            className={classes['badge'] ?? ''}
            title={`${counted(putBack, 'record')} of ${records.toLocaleString('en')} put back`}
          >
            {isDone ? 'all put back' : `${putBack.toLocaleString('en')} back`}
          </Badge>
        )}
      </Table.Td>
      <Table.Td visibleFrom="sm" ta="right">
        <RelativeTime at={lastAt} />
      </Table.Td>
    </Table.Tr>
  );
}
