import { Anchor, Group, Table, Text } from '@mantine/core';
import { KINDS } from './kinds';
import { type Flow, type MapEdge, type MapNode, type Part, shownCount, shownRate } from './map-data';

interface PartListProps {
  readonly part: Part;
  readonly flows: ReadonlyMap<string, Flow>;
  readonly rates: ReadonlyMap<string, number>;
  readonly onSelect: (id: string) => void;
}

/** The same as the graph, in words: for the keyboard, screen readers and small screens. */
export function PartList({ part, flows, rates, onSelect }: PartListProps) {
  const nodes = new Map(part.nodes.map((node) => [node.id, node]));
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table verticalSpacing="xs" aria-label="Parts of the map">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Part</Table.Th>
            <Table.Th>Events from</Table.Th>
            <Table.Th>Events to</Table.Th>
            <Table.Th ta="right">Rate</Table.Th>
            <Table.Th ta="right">Lag</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {part.nodes.map((node) => (
            <PartRow
              key={node.id}
              node={node}
              nodes={nodes}
              incoming={part.edges.filter(({ to }) => to === node.id)}
              outgoing={part.edges.filter(({ from }) => from === node.id)}
              flows={flows}
              rate={rates.get(node.id)}
              onSelect={onSelect}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface PartRowProps {
  readonly node: MapNode;
  readonly nodes: ReadonlyMap<string, MapNode>;
  readonly incoming: readonly MapEdge[];
  readonly outgoing: readonly MapEdge[];
  readonly flows: ReadonlyMap<string, Flow>;
  readonly rate: number | undefined;
  readonly onSelect: (id: string) => void;
}

function PartRow({ node, nodes, incoming, outgoing, flows, rate, onSelect }: PartRowProps) {
  const { icon: Icon, one } = KINDS[node.kind];
  const names = (ids: readonly string[]): string =>
    ids.map((id) => nodes.get(id)?.name ?? id).join(', ') || '–';
  const lags = incoming.flatMap(({ id }) => flows.get(id)?.lag ?? []).map(Number);
  const isGrowing = incoming.some(({ id }) => flows.get(id)?.isLagGrowing);
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          <Icon size={16} aria-hidden />
          <div>
            <Anchor component="button" type="button" size="sm" ta="left" onClick={() => onSelect(node.id)}>
              {node.name}
            </Anchor>
            <Text size="xs" c="dimmed">
              {one}
            </Text>
          </div>
        </Group>
      </Table.Td>
      <Table.Td>{names(incoming.map(({ from }) => from))}</Table.Td>
      <Table.Td>{names(outgoing.map(({ to }) => to))}</Table.Td>
      <Table.Td ta="right" className="tabular">
        {rate !== undefined ? shownRate(rate) : '–'}
      </Table.Td>
      <Table.Td ta="right" className="tabular">
        {lags.length === 0 ? '–' : shownCount(lags.reduce((sum, lag) => sum + lag, 0))}
        {isGrowing && (
          <Text span size="xs" c="red" ml={4}>
            growing
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
