import { Alert, Group, SegmentedControl, Select, Stack, Switch, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { TriangleAlert } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { Failure } from '../../shared/failure';
import { Loading } from '../../shared/loading';
import { RelativeTime } from '../../shared/relative-time';
import { useAddress } from '../../shared/use-address';
import { useConsoleQuery } from '../../shared/use-console-query';
import { useConsoleSubscription } from '../../shared/use-console-subscription';
import { Page } from '../shell/page';
import { Graph } from './graph';
import { isKind, KINDS } from './kinds';
import { Legend } from './legend';
import { around, busiest, type Flows, MAX_CLEAR_NODES, ofKinds, ratesOf, type Topology } from './map-data';
import { TopologyDocument, TopologyFlowsDocument } from './operations';
import { PartList } from './part-list';
import { PartPanel } from './part-panel';

/** How many names the search offers at a time. */
const MAX_OPTIONS = 50;
const PHONE = '(max-width: 48em)';

const VIEWS = ['graph', 'list'] as const;

/** What talks to what, and what moves there. The reader's choices are in the address, to be shared. */
export default function TopologyMap() {
  const topology = useConsoleQuery(TopologyDocument, {});
  const flows = useConsoleSubscription(TopologyFlowsDocument);
  const shown = topology.data?.topology;
  const moving = flows.data?.topologyFlows;
  const { reload } = topology;
  useEffect(() => {
    if (shown !== undefined && moving !== undefined && moving.version !== shown.version) reload();
  }, [shown, moving, reload]);
  return (
    <Page title="Map" about="What publishes to which topic, what reads it, and how far each reader lags.">
      {flows.error !== undefined && (
        <Failure title="Rates and lag are not live." error={flows.error} onRetry={flows.restart} />
      )}
      {shown === undefined ? (
        topology.error === undefined ? (
          <Loading what="the map" onRetry={reload} />
        ) : (
          <Failure title="The map cannot be shown." error={topology.error} onRetry={reload} />
        )
      ) : (
        <ShownMap topology={shown} flows={moving} />
      )}
    </Page>
  );
}

function ShownMap({ topology, flows }: { readonly topology: Topology; readonly flows: Flows | undefined }) {
  const [params, changeAddress] = useAddress();
  const isPhone = useMediaQuery(PHONE) ?? false;
  const change = (name: string, value: string | undefined): void =>
    changeAddress({ [name]: value }, { replace: name !== 'node' });
  const hiddenText = params.get('hide') ?? (hasDeadLetters(topology, flows) ? '' : 'DEAD_LETTERS');
  const hidden = useMemo(() => new Set(hiddenText.split(',').filter(isKind)), [hiddenText]);
  const selected = topology.nodes.find(({ id }) => id === params.get('node'));
  const view = VIEWS.find((one) => one === params.get('view')) ?? (isPhone ? 'list' : 'graph');

  const kinds = useMemo(() => ofKinds(topology, hidden), [topology, hidden]);
  const isLarge = kinds.nodes.length > MAX_CLEAR_NODES;
  const isNear = (params.get('near') ?? (isLarge && view === 'graph' ? 'yes' : 'no')) === 'yes';
  const middle = selected?.id ?? (isNear ? busiest(kinds) : undefined);
  const part = useMemo(
    () => (isNear && middle !== undefined ? around(kinds, middle) : kinds),
    [kinds, isNear, middle],
  );
  const byEdge = useMemo(() => new Map((flows?.edges ?? []).map((flow) => [flow.edge, flow])), [flows]);
  const rates = useMemo(() => ratesOf(topology, flows), [topology, flows]);
  const select = (id: string | undefined): void => change('node', id);
  if (topology.nodes.length === 0)
    return (
      <Text>The schema binds no topics yet. Give a field @publish or @subscribe, and it appears here.</Text>
    );
  return (
    <Stack gap="sm">
      <Gaps flows={flows} />
      <Group gap="sm" align="flex-end">
        <Select
          label="Find a part"
          placeholder="Name of a field, topic, service, …"
          data={topology.nodes.map(({ id, name, kind }) => ({
            value: id,
            label: `${name} (${KINDS[kind].one})`,
          }))}
          value={selected?.id ?? null}
          onChange={(id) => select(id ?? undefined)}
          searchable
          clearable
          limit={MAX_OPTIONS}
          nothingFoundMessage="The map has no such part."
          w={300}
        />
        <SegmentedControl
          aria-label="How the map is shown"
          data={[
            { value: 'graph', label: 'Graph' },
            { value: 'list', label: 'List' },
          ]}
          value={view}
          onChange={(value) => change('view', value)}
        />
        <Switch
          label={`Only what is around ${nameOf(topology, middle) ?? 'the selected part'}`}
          checked={isNear}
          onChange={({ currentTarget }) => change('near', currentTarget.checked ? 'yes' : 'no')}
          mb={8}
          maw="100%"
          styles={{ label: { overflowWrap: 'anywhere' } }}
        />
      </Group>
      <Legend
        nodes={topology.nodes}
        hidden={hidden}
        onToggle={(kind) => {
          const next = new Set(hidden);
          if (!next.delete(kind)) next.add(kind);
          change('hide', [...next].join(','));
        }}
      />
      {params.get('node') !== null && selected === undefined && (
        <Text size="sm" role="status">
          The map has no part with the id “{params.get('node')}”. It may have been renamed: look for it with
          Find a part.
        </Text>
      )}
      {part.nodes.length < kinds.nodes.length && (
        <Text size="sm" c="dimmed">
          {part.nodes.length} of {kinds.nodes.length} parts are shown.
        </Text>
      )}
      {view === 'graph' ? (
        <Graph part={part} flows={byEdge} rates={rates} selected={selected?.id} onSelect={select} />
      ) : (
        <PartList part={part} flows={byEdge} rates={rates} onSelect={select} />
      )}
      <PartPanel
        node={selected}
        part={topology}
        flows={byEdge}
        rates={rates}
        groups={flows?.groups ?? []}
        onSelect={select}
      />
    </Stack>
  );
}

/** Dead-letter topics that were never written to are left out at first: there is one for each topic. */
const hasDeadLetters = ({ nodes }: Topology, flows: Flows | undefined): boolean => {
  const letters = new Set(nodes.flatMap(({ kind, name }) => (kind === 'DEAD_LETTERS' ? [name] : [])));
  return (flows?.topics ?? []).some(({ name, written }) => letters.has(name) && written > 0);
};

const nameOf = ({ nodes }: Topology, id: string | undefined): string | undefined =>
  nodes.find((node) => node.id === id)?.name;

/** What the map does not show, and why. */
function Gaps({ flows }: { readonly flows: Flows | undefined }) {
  if (flows === undefined || flows.gaps.length === 0) return null;
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<TriangleAlert aria-hidden />}
      title="Not everything is shown"
    >
      {flows.gaps.map((gap) => (
        <Text size="sm" key={gap}>
          {gap}
        </Text>
      ))}
      <Text size="xs" c="dimmed">
        As of <RelativeTime at={flows.at} />
      </Text>
    </Alert>
  );
}
