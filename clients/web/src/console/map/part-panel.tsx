import { Anchor, Badge, Code, DataList, Drawer, Group, Stack, Text, Title } from '@mantine/core';
import { EDGE_WORDS, KINDS } from './kinds';
import {
  type Group as ConsumerGroup,
  type Flow,
  type MapEdge,
  type MapNode,
  type Part,
  shownAmount,
  shownCount,
  shownRate,
} from './map-data';
import { TopicDetails } from './topic-details';

/** As in the legend. */
const READABLE = { label: { color: 'var(--mantine-color-text)' } };

interface PartPanelProps {
  readonly node: MapNode | undefined;
  readonly part: Part;
  readonly flows: ReadonlyMap<string, Flow>;
  readonly rates: ReadonlyMap<string, number>;
  readonly groups: readonly ConsumerGroup[];
  readonly onSelect: (id: string | undefined) => void;
}

/** Everything about one part, beside the map. */
export function PartPanel({ node, part, flows, rates, groups, onSelect }: PartPanelProps) {
  return (
    <Drawer
      opened={node !== undefined}
      onClose={() => onSelect(undefined)}
      position="right"
      size="md"
      withOverlay={false}
      lockScroll={false}
      closeOnClickOutside={false}
      trapFocus={false}
      title={node === undefined ? '' : <PanelTitle node={node} />}
      closeButtonProps={{ 'aria-label': 'Close the details' }}
    >
      {node !== undefined && (
        <Stack gap="md" key={node.id}>
          {node.description != null && node.description !== '' && <Text size="sm">{node.description}</Text>}
          {node.kind === 'PRODUCER' && <Text size="sm">{aboutPublisher(node.name)}</Text>}
          {node.signature != null && <Code block>{node.signature}</Code>}
          <FieldRate node={node} rate={rates.get(node.id)} />
          <Edges node={node} part={part} flows={flows} onSelect={onSelect} />
          <GroupFacts node={node} groups={groups} />
          {(node.kind === 'TOPIC' || node.kind === 'DEAD_LETTERS') && (
            <TopicDetails name={node.name} isDeadLetters={node.kind === 'DEAD_LETTERS'} />
          )}
        </Stack>
      )}
    </Drawer>
  );
}

/** What nodes report of a field: the log does not know fields. */
function FieldRate({ node: { kind }, rate }: { readonly node: MapNode; readonly rate: number | undefined }) {
  if (rate === undefined || (kind !== 'SUBSCRIPTION' && kind !== 'MUTATION')) return null;
  return (
    <Text size="sm" className="tabular">
      {kind === 'SUBSCRIPTION'
        ? `All gateways together deliver ${shownAmount(rate)} results a second.`
        : `All gateways together publish ${shownAmount(rate)} events a second with it.`}
    </Text>
  );
}

/** @param source of its events: gateways have one of their own, also for what code publishes */
const aboutPublisher = (source: string): string =>
  source === '/gateway'
    ? 'Mutations of the gateway whose code publishes, rather than a @publish in the schema. Which one did is not in the events.'
    : 'Another program. Its name is the source of its newest events.';

function PanelTitle({ node }: { readonly node: MapNode }) {
  const { one, color } = KINDS[node.kind];
  return (
    <Group gap="xs">
      <Text fw={650} style={{ overflowWrap: 'anywhere' }}>
        {node.name}
      </Text>
      <Badge variant="light" color={color} tt="none" styles={READABLE}>
        {one}
      </Badge>
    </Group>
  );
}

interface EdgesProps extends Pick<PartPanelProps, 'part' | 'flows' | 'onSelect'> {
  readonly node: MapNode;
}

/** Who publishes and who reads. */
function Edges({ node, part, flows, onSelect }: EdgesProps) {
  const nodes = new Map(part.nodes.map((one) => [one.id, one]));
  const sections = new Map<string, { other: string; edge: MapEdge }[]>();
  for (const edge of part.edges) {
    if (edge.from !== node.id && edge.to !== node.id) continue;
    const isFrom = edge.from === node.id;
    const words = EDGE_WORDS[edge.kind];
    const title = isFrom ? words.to : words.from;
    const entry = { other: isFrom ? edge.to : edge.from, edge };
    sections.set(title, [...(sections.get(title) ?? []), entry]);
  }
  return [...sections].map(([title, entries]) => (
    <Stack gap={4} key={title}>
      <Title order={3} size="h6">
        {title}
      </Title>
      {entries.map(({ other, edge }) => (
        <div key={edge.id}>
          <Group gap="xs" justify="space-between" wrap="nowrap">
            <Anchor component="button" type="button" size="sm" ta="left" onClick={() => onSelect(other)}>
              {nodes.get(other)?.name ?? other}
            </Anchor>
            <FlowFacts flow={flows.get(edge.id)} />
          </Group>
          {edge.types.length > 0 && (
            <Text size="xs" c="dimmed">
              {edge.types.join(', ')}
            </Text>
          )}
        </div>
      ))}
    </Stack>
  ));
}

function FlowFacts({ flow }: { readonly flow: Flow | undefined }) {
  if (flow === undefined) return null;
  const { perSecond, lag, isLagGrowing } = flow;
  return (
    <Group gap="xs" wrap="nowrap">
      {perSecond != null && (
        <Text size="xs" c="dimmed" className="tabular">
          {shownRate(perSecond)}
        </Text>
      )}
      {lag != null && (
        <Badge
          size="sm"
          variant="light"
          tt="none"
          color={isLagGrowing ? 'red' : 'gray'}
          className="tabular"
          styles={READABLE}
        >
          lag {shownCount(lag)}
          {isLagGrowing && ', growing'}
        </Badge>
      )}
    </Group>
  );
}

/** The consumer group whose progress the lag is counted from. */
function GroupFacts({ node, groups }: { readonly node: MapNode; readonly groups: readonly ConsumerGroup[] }) {
  const role =
    node.kind === 'SERVICE'
      ? `the service ${node.name}`
      : node.kind === 'VIEW'
        ? `the view ${node.name}`
        : node.kind === 'SUBSCRIPTION'
          ? 'the relay'
          : undefined;
  const group =
    node.kind === 'GROUP'
      ? groups.find((one) => one.name === node.name)
      : role && groups.find((one) => one.role === role);
  if (group === undefined || group === '') return null;
  const { name, state, members, protocol, clients } = group;
  return (
    <Stack gap={4}>
      <Title order={3} size="h6">
        Consumer group
      </Title>
      {node.kind === 'SUBSCRIPTION' && (
        <Text size="sm" c="dimmed">
          The relay carries events to all subscriptions, so the lag is its own.
        </Text>
      )}
      <DataList>
        {[
          ['Name', name],
          ['State', state],
          ...(members == null ? [] : [['Members', shownCount(members)]]),
          ...(protocol == null ? [] : [['Protocol', protocol.toLowerCase()]]),
          ...(clients.length === 0 ? [] : [['Clients', clients.join(', ')]]),
        ].map(([label, value]) => (
          <DataList.Item key={label}>
            <DataList.ItemLabel>{label}</DataList.ItemLabel>
            <DataList.ItemValue>{value}</DataList.ItemValue>
          </DataList.Item>
        ))}
      </DataList>
    </Stack>
  );
}
