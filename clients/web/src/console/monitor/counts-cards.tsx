import { Card, SimpleGrid, Table, Text } from '@mantine/core';
import { COUNTS } from './counts';
import classes from './monitor.module.css';
import { amount, type Monitor } from './wording';

const MAX_ROWS = 8;

/** What happened since the nodes have started, by reason. */
export function CountsCards({ counts }: { readonly counts: Monitor['counts'] }) {
  const known = Object.entries(COUNTS).map(([name, described]) => ({
    name,
    ...described,
    rows: counts.find((one) => one.name === name)?.counts ?? [],
  }));
  const some = known.filter(({ rows }) => rows.length > 0);
  const none = known.filter(({ rows }) => rows.length === 0);
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        {some.map(({ name, title, about, labels, rows }) => (
          <Card key={name} withBorder padding="sm">
            <Text fw={600}>{title}</Text>
            <Text size="xs" c="dimmed">
              {about}
            </Text>
            <Table verticalSpacing={2} withRowBorders={false} mt="xs">
              <Table.Tbody>
                {rows.slice(0, MAX_ROWS).map(({ label, count }) => (
                  <Table.Tr key={label}>
                    <Table.Td>{labels[label] ?? label}</Table.Td>
                    <Table.Td className={classes.number}>{amount(count)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
            {rows.length > MAX_ROWS && (
              <Text size="xs" c="dimmed">
                and {rows.length - MAX_ROWS} more
              </Text>
            )}
          </Card>
        ))}
      </SimpleGrid>
      {none.length > 0 && (
        <Text size="sm" c="dimmed">
          None so far: {none.map(({ title }) => title.toLowerCase()).join(', ')}.
        </Text>
      )}
    </>
  );
}
